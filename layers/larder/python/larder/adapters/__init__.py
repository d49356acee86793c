"""DynamoDB, S3, SQS and Secrets Manager: the only place that imports botocore."""
