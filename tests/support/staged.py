"""Files that a test puts into the staging bucket itself."""

from local.aws.server import Aws


def put_staged(aws: Aws, bucket: str, key: str, body: bytes) -> None:
    """Writes an object under the bucket's own key, as its policy asks."""
    s3 = aws.client("s3")
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    own = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    s3.put_object(Bucket=bucket, Key=key, Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=own)
