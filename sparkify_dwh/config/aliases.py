"""Names under which other programs' dwh.cfg files have our settings, and the settings that they mean.

All of these spellings occur in public projects that load Sparkify's data. No value is read under them: a message and
`sparkify-dwh doctor` name the setting that is meant. What differs by a letter or two is found by its similarity
(sparkify_dwh.config.file).
"""

from __future__ import annotations

from collections.abc import Mapping

from sparkify_dwh.config.fields import Fields, Name, sections

OTHER_SECTIONS: Mapping[str, str] = {
    "ARN": "IAM_ROLE",
    "DATABASE": "CLUSTER",
    "DB": "CLUSTER",
    "DB_CRED": "CLUSTER",
    "IAM": "IAM_ROLE",
    "REDSHIFT": "CLUSTER",
    "REDSHIFT_CLUSTER": "CLUSTER",
    "REGION": "AWS",
}

# In any section.
_KEYS: Mapping[Name, tuple[str, ...]] = {
    ("CLUSTER", "HOST"): (
        "CLUSTER_ENDPOINT", "CLUSTER_HOST", "DB_ENDPOINT", "DB_HOST", "DWH_ENDPOINT", "DWH_HOST", "REDSHIFT_ENDPOINT",
        "REDSHIFT_HOST",
    ),
    ("CLUSTER", "DB_NAME"): ("DWH_DATABASE", "DWH_DB_NAME", "REDSHIFT_DB", "REDSHIFT_DB_NAME"),
    ("CLUSTER", "DB_USER"): ("DB_USERNAME", "DWH_USER", "DWH_USERNAME", "REDSHIFT_USER"),
    ("CLUSTER", "DB_PASSWORD"): ("DB_PASS", "DB_PWD", "DWH_PASSWORD", "REDSHIFT_PASSWORD"),
    ("CLUSTER", "DB_PORT"): ("DWH_DB_PORT", "REDSHIFT_PORT"),
    ("IAM_ROLE", "ARN"): (
        "ARN_ROLE", "CL_IAM_ARN", "DWH_IAM_ARN", "DWH_IAM_ROLE_ARN", "DWH_ROLE_ARN", "IAM_ARN", "IAM_ROLE", "IAM_ROLE_ARN",
        "REDSHIFT_ARN", "REDSHIFT_ROLE_ARN", "ROLE_ARN",
    ),
    ("S3", "REGION"): ("BUCKET_REGION", "S3_BUCKET_REGION", "S3_REGION"),
    ("AWS", "REGION"): ("AWS_DEFAULT_REGION", "AWS_REGION", "CLUSTER_REGION", "DWH_REGION", "REGION", "REGION_NAME"),
    ("AWS", "KEY"): (
        "ACCESS_KEY", "ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_KEY", "AWS_KEY_ID", "KEY_ID",
    ),
    ("AWS", "SECRET"): (
        "AWS_SECRET", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "SECRET_ACCESS_KEY", "SECRET_KEY",
    ),
    ("DWH", "DWH_CLUSTER_TYPE"): ("CLUSTER_TYPE", "DB_CLUSTER_TYPE"),
    ("DWH", "DWH_NUM_NODES"): ("DB_NUM_NODES", "NUM_NODES"),
    ("DWH", "DWH_NODE_TYPE"): ("DB_NODE_TYPE", "NODE_TYPE"),
    ("DWH", "DWH_CLUSTER_IDENTIFIER"): ("CLUSTER_IDENTIFIER", "DB_CLUSTER_IDENTIFIER", "IDENTIFIER"),
    ("DWH", "DWH_IAM_ROLE_NAME"): ("IAM_ROLE_NAME", "ROLE_NAME"),
}  # fmt: skip

# In one section, or its other names: elsewhere they mean something else.
_KEYS_OF_SECTION: Mapping[str, Mapping[Name, tuple[str, ...]]] = {
    "CLUSTER": {
        ("CLUSTER", "HOST"): ("ENDPOINT", "HOST", "HOSTNAME"),
        ("CLUSTER", "DB_NAME"): ("DATABASE", "DATABASE_NAME", "DB", "DBNAME", "DB_NAME", "DWH_DB"),
        ("CLUSTER", "DB_USER"): ("DB_USER", "DWH_DB_USER", "USER", "USERNAME"),
        ("CLUSTER", "DB_PASSWORD"): ("DB_PASSWORD", "DWH_DB_PASSWORD", "PASSWORD"),
        ("CLUSTER", "DB_PORT"): ("DB_PORT", "DWH_PORT", "PORT"),
    },
    "IAM_ROLE": {("DWH", "DWH_IAM_ROLE_NAME"): ("NAME",)},
    "S3": {("S3", "REGION"): ("AWS_REGION", "REGION_NAME")},
}


def meant_by(name: Name, fields: Fields) -> Name | None:
    """Return the setting that a section and key mean, which is not their own; None when it is their own or not known."""
    section, key = name
    own = OTHER_SECTIONS.get(section, section)
    if name in fields or own not in sections(fields):
        return None
    if (own, key) in fields:
        return own, key
    of_section = _KEYS_OF_SECTION.get("CLUSTER" if own == "DWH" else own, {})
    for table in (of_section, _KEYS):
        for meant, spellings in table.items():
            if key in spellings:
                return meant
    return _elsewhere(key.removeprefix("S3_"), fields)


def _elsewhere(key: str, fields: Fields) -> Name | None:
    """Return the setting with this key in another section, if there is one."""
    homes = [name for name in fields if name[1] == key]
    return homes[0] if len(homes) == 1 else None
