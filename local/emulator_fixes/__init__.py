"""Fixes for what MiniStack 1.5.33 does differently from AWS; each goes when MiniStack fixes it.

`deployment` changes the deployed stack through the emulator's APIs, `patches` changes MiniStack
itself as it starts, `saved_state` changes the metadata it saved. `strict` and `gateway` stand in
front of it and do what S3 and API Gateway do. One function per difference.
"""
