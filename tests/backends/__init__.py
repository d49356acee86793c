"""All ports on one store: in memory, or on DynamoDB, S3 and SQS as moto plays them."""
