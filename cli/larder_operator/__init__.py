"""The commands of `larder` that operate a deployment, with AWS credentials.

They use the server's package, so they come with a clone of Larder, and not with its client.
"""
