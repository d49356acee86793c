"""`larder deploy`: builds with the SAM CLI, shows what would change, and lets CloudFormation do it.

`sam` runs the SAM CLI, `changes` says what a change set would do, `stacks` executes it and waits.
"""
