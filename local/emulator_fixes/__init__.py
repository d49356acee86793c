"""Fixes for what MiniStack 1.5.33 does differently from AWS; each goes when MiniStack fixes it.

`deployment` changes the deployed stack through the emulator's APIs, `patches` changes MiniStack
itself as it starts, `strict` refuses in front of it what AWS refuses, `saved_state` changes the
metadata it saved. One function per difference.
"""
