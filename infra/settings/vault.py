"""The context keys of Vault: where it answers, as whom the functions log in, and where the secrets are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

EXAMPLE_VAULT_URL = "https://vault.example.com:8200"
# The functions get it in their environment, which may have 4 KB in all.
MOST_CA_CHARACTERS = 2_500
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _vault_url(url: str) -> str:
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    # Reading the port raises ValueError for one that is not a number or is too high.
    if not secure or not parts.hostname or parts.port == 0 or parts.path or set("?#") & set(url):
        raise ValueError(url)
    return url


VaultPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")]


class VaultSettings(BaseModel):
    """One field per context key; each description completes the sentence "must be ..."."""

    vault_url: Annotated[str, AfterValidator(_vault_url)] = Field(
        description="an https:// address with nothing after the port, not even a slash (http:// only on this machine)",
        examples=[EXAMPLE_VAULT_URL],
    )
    vault_role: VaultPath = Field(
        description="the name of a role of Vault's AWS auth method", examples=["aurora-snowflake-sync"]
    )
    vault_auth_mount: VaultPath = Field(
        description="the mount of Vault's AWS auth method, without slashes around it", examples=["aws"]
    )
    vault_server_id: str = Field(
        pattern=r"^\S*$",
        description="the value of X-Vault-AWS-IAM-Server-ID, or empty where Vault asks for none",
        examples=["vault.example.com"],
    )
    vault_sts_region: str = Field(
        pattern=r"^([a-z]{2,4}(-[a-z]+)+-\d{1,2})?$",
        description="the region of Vault's sts_endpoint, or empty where Vault asks STS's global endpoint",
        examples=["eu-central-1"],
    )
    vault_kv_mount: VaultPath = Field(
        description="the mount of a KV version 2 engine, without slashes around it", examples=["secret"]
    )
    vault_aurora_path: VaultPath = Field(
        description="the path of Aurora's secret below the mount, without slashes around it",
        examples=["aurora-snowflake-sync/aurora"],
    )
    vault_aurora_login_path: str = Field(
        pattern=r"^([A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+)?$",
        description="the path where Vault's database engine makes Aurora users, or empty for the secret's own user",
        examples=["database/creds/aurora-snowflake-sync"],
    )
    vault_snowflake_path: VaultPath = Field(
        description="the path of Snowflake's secret below the mount, without slashes around it",
        examples=["aurora-snowflake-sync/snowflake"],
    )
    vault_ca_file: str = Field(
        description="the file with the certificates (PEM) of who signed Vault's own, or empty for a public authority",
        examples=["vault-ca.pem"],
    )

    @property
    def vault_ca_pem(self) -> str:
        """The text of the file, or empty."""
        return Path(self.vault_ca_file).read_text() if self.vault_ca_file else ""

    @property
    def vault_port(self) -> int:
        """The port of vault_url."""
        parts = urlsplit(self.vault_url)
        return parts.port or {"https": 443, "http": 80}[parts.scheme]

    def wrong_files(self) -> Iterator[str]:
        """A sentence for each file that its key does not describe."""
        file = Path(self.vault_ca_file)
        if not self.vault_ca_file:
            return
        if not file.is_file():
            yield (
                f"Context key vault_ca_file names {file}, which is no file here: write the certificates of Vault's "
                "authority into one, for example -c vault_ca_file=vault-ca.pem"
            )
        elif "-----BEGIN CERTIFICATE-----" not in (text := file.read_text()):
            yield f"Context key vault_ca_file names {file}, which holds no -----BEGIN CERTIFICATE-----: take one in PEM"
        elif len(text) > MOST_CA_CHARACTERS:
            yield (
                f"Context key vault_ca_file names {file}, whose {len(text)} characters do not fit the functions' "
                f"environment: leave only the certificate of Vault's own authority, up to {MOST_CA_CHARACTERS}"
            )
