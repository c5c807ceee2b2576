"""Findings about the regions of the buckets, which COPY has to be told when they are not in the cluster's.

With REGION, all that a COPY reads must be in that region. Redshift guide, copy-parameters-data-source-s3
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sparkify_dwh.aws.client import Aws
from sparkify_dwh.aws.endpoint import region_of
from sparkify_dwh.aws.quiet import quiet
from sparkify_dwh.doctor.findings import Finding, ok, problem
from sparkify_dwh.settings import Settings
from sparkify_dwh.storage.urls import split_s3

REGION_HEADER = "x-amz-bucket-region"
ANY_REGION = "us-east-1"  # S3 answers there for the buckets of all regions, and says which is theirs


def region_findings(settings: Settings, places: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each region that does not fit; what S3 does not tell is left out."""
    named: dict[str, list[str]] = {}
    for name, url in places.items():
        if url.startswith("s3://"):
            named.setdefault(split_s3(url)[0], []).append(name)
    if not named:
        return
    options = settings.store_options()
    with Aws(**options | {"region": options["region"] or ANY_REGION}, hurried=True) as aws:
        regions = {bucket: region for bucket in named if (region := _region_of_bucket(aws, bucket))}
    yield from _compared(settings, regions, named)


def _compared(settings: Settings, regions: Mapping[str, str], named: Mapping[str, list[str]]) -> Iterator[Finding]:
    told = settings.region or settings.aws_region or region_of(settings.host)
    for bucket, region in regions.items():
        of = " and ".join(named[bucket])
        if told is None or told == region:
            yield ok("sources", f"The bucket {bucket} of {of} is in {region}.")
        else:
            by = "[S3] REGION says" if settings.region else "the cluster is in"
            yield problem(
                "sources",
                f"The bucket {bucket} of {of} is in {region}, and {by} {told}: set REGION={region} in [S3]; all buckets "
                "must be in one region.",
            )


def _region_of_bucket(aws: Aws, bucket: str) -> str | None:
    """The region of a bucket, which S3 also tells whoever may not read it; None when it does not."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with quiet:
            answer = aws.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
    except BotoCoreError:
        return None  # that S3 cannot be reached was said where the files were to be listed
    region = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(REGION_HEADER)
    return None if region is None else str(region)
