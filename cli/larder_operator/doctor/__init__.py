"""`larder doctor`: what it looks at, before a deployment and after it.

`preflight` looks at the account before a deployment, `resources` at what a stack has created, and
`requests` at what its API answers. `settle` sends what only a real account can answer. Each check
ends in a `Finding`, which says what was found and what to do.
"""
