"""Findings about the regions of the buckets. COPY needs REGION when a bucket is not in the cluster's region.

With REGION, everything that a COPY reads must be in that region. Redshift guide, copy-parameters-data-source-s3
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.wire_logs import quiet
from sparkify_dwh.doctor.findings import Finding, ok, problem
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.urls import split_s3
from sparkify_dwh.utils.text import listed

REGION_HEADER = "x-amz-bucket-region"
ANY_REGION = "us-east-1"  # S3 answers there for buckets of all regions, with the region of the bucket


def region_findings(settings: Settings, locations: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each bucket whose region S3 reports. ``locations`` are URLs by configuration key."""
    keys_by_bucket: dict[str, list[str]] = {}
    for key, url in locations.items():
        if url.startswith("s3://"):
            keys_by_bucket.setdefault(split_s3(url)[0], []).append(key)
    if not keys_by_bucket:
        return
    with Aws(access_key=settings.access_key, region=settings.bucket_region or ANY_REGION, is_hurried=True) as aws:
        regions = {bucket: region for bucket in keys_by_bucket if (region := _region_of_bucket(aws, bucket))}
    yield from _compare(settings, regions, keys_by_bucket)


def _compare(
    settings: Settings, regions: Mapping[str, str], keys_by_bucket: Mapping[str, list[str]]
) -> Iterator[Finding]:
    expected = settings.bucket_region
    for bucket, region in regions.items():
        keys = listed(keys_by_bucket[bucket])
        if expected is None or expected == region:
            yield ok("sources", f"The bucket {bucket} of {keys} is in {region}.")
        else:
            source = "[S3] REGION is" if settings.region else "the cluster is in"
            yield problem(
                "sources",
                f"The bucket {bucket} of {keys} is in {region}, but {source} {expected}: set REGION={region} in [S3]. All "
                "buckets must be in one region.",
            )


def _region_of_bucket(aws: Aws, bucket: str) -> str | None:
    """Return the region of a bucket, which S3 reports even without the right to read it. None when it does not."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with quiet:
            answer = aws.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
    except BotoCoreError:
        return None  # listing the files fails too, and says that S3 cannot be reached
    region = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(REGION_HEADER)
    return None if region is None else str(region)
