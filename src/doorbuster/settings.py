"""Where to aim and with which secrets: read from the environment only, never from a file that could be committed."""

from __future__ import annotations

import hashlib
import ssl
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from doorbuster.errors import TargetError
from doorbuster.storefronts.base import Shop
from doorbuster.vocabulary import CONTROL


class Settings(BaseSettings):
    """Variables with the prefix `DOORBUSTER_`. Secrets reach no run directory, log, page or process title."""

    model_config = SettingsConfigDict(env_prefix="DOORBUSTER_", frozen=True, env_ignore_empty=True)

    target: str | None = None
    """Base URL of the shop, without credentials."""
    basic_auth: SecretStr | None = None
    """`user:password` for a staging shop behind HTTP basic authentication."""
    storefront_password: SecretStr | None = None
    """What a password-protected storefront asks for."""
    storefront_token: SecretStr | None = None
    """What the shop's API for shoppers asks for, where it asks for a token."""
    admin_token: SecretStr | None = None
    """What opens the shop's books: reading back, cancelling. No shopper carries it."""
    control_storefront_token: SecretStr | None = None
    """The storefront token of the deployment that is walked as a control, where it has another."""
    control_admin_token: SecretStr | None = None
    """The same of what opens its books."""
    extra_header: str | None = None
    """Name of a header that opens a firewall for us."""
    extra_header_value: SecretStr | None = None
    series_authorization: SecretStr | None = None
    """The Authorization header, whole, for the Prometheus that a report asks; `Bearer ...` or `Basic ...`."""
    ca_bundle: Path | None = None
    """Certificates to trust beside the system's own (PEM)."""
    customers: Path | None = None
    """Accounts of returning buyers (CSV: email, password). A secret as a whole: it is read where it lies."""
    host_override: str | None = None
    """Host header to send, where the shop answers to another name than its address."""
    runs: Path = Path("runs")
    load_without_consent: str | None = None
    """A host's name, said again by hand: load it although it does not agree to be loaded. Logged in the run."""

    def told_apart_by(self) -> dict[str, str]:
        """What the processes of one run must agree on: which secrets are set (not what they are), the rest by value."""
        shape = {
            name: "set"
            for name in (
                *("basic_auth", "storefront_password", "storefront_token", "extra_header_value"),
                "control_storefront_token",
            )
            if getattr(self, name) is not None
        }
        plain = {"extra_header": self.extra_header, "host_override": self.host_override}
        shape |= {name: value for name, value in plain.items() if value is not None}
        for name in ("ca_bundle", "customers"):
            if (path := getattr(self, name)) is not None:
                shape[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return shape

    def of(self, arm: str) -> Settings:
        """The settings by which one arm's deployment is met: the control's own tokens, else the candidate's."""
        if arm != CONTROL:
            return self
        own = {name: getattr(self, f"control_{name}") for name in ("storefront_token", "admin_token")}
        return self.model_copy(update={name: token for name, token in own.items() if token is not None})

    def shop_headers(self) -> dict[str, str]:
        """What opens the shop's door, by lower-case name; for the shop alone, because it holds the secrets."""
        headers = {}
        if self.basic_auth is not None:
            headers["authorization"] = "Basic " + b64encode(self.basic_auth.get_secret_value().encode()).decode()
        if self.storefront_password is not None:
            headers["x-storefront-password"] = self.storefront_password.get_secret_value()
        if self.extra_header is not None and self.extra_header_value is not None:
            headers[self.extra_header.lower()] = self.extra_header_value.get_secret_value()
        return headers

    def shop(self, base_url: str, options: Mapping[str, Any], *, backstage: bool = False) -> Shop:
        """The shop with its tokens; the one for its books only where it is read `backstage`."""
        token = self.storefront_token.get_secret_value() if self.storefront_token else ""
        admin = self.admin_token.get_secret_value() if self.admin_token and backstage else ""
        return Shop(base_url, options, token, admin)

    @field_validator("target")
    @classmethod
    def _plain_url(cls, target: str | None) -> str | None:
        return None if target is None else checked_target(target)


def checked_target(url: str) -> str:
    """The base URL without a trailing slash. Raises ValueError (no URL, or a password inside it)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not a base URL such as https://staging.example.com")
    if parts.query or parts.fragment:
        raise ValueError("has a query or a fragment; give the address alone")
    if parts.username or parts.password:
        raise ValueError("carries credentials; put them into DOORBUSTER_BASIC_AUTH (user:password) instead")
    return url.rstrip("/")


def target_option_url(target: str | None, option: str = "--target") -> str | None:
    """What somebody gave as --target, or as another option. Raises TargetError."""
    try:
        return None if target is None else checked_target(target)
    except ValueError as wrong:
        raise TargetError(f"{option} {wrong}") from None


def load_settings() -> Settings:
    """Settings from the environment. Raises TargetError that names the variable and never its value."""
    try:
        settings = Settings()
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False)[0]
        name = "DOORBUSTER_" + "_".join(str(part) for part in first["loc"]).upper()
        raise TargetError(f"{name} {first['msg'].removeprefix('Value error, ')}") from None
    if settings.ca_bundle is not None:
        _check_certificates(settings.ca_bundle)
    if settings.customers is not None and not settings.customers.is_file():
        raise TargetError(f"DOORBUSTER_CUSTOMERS: no such file {settings.customers}; give a CSV of email and password")
    if (settings.extra_header is None) != (settings.extra_header_value is None):
        raise TargetError("DOORBUSTER_EXTRA_HEADER and DOORBUSTER_EXTRA_HEADER_VALUE go together; set both or neither")
    return settings


def _check_certificates(bundle: Path) -> None:
    if not bundle.is_file():
        raise TargetError(f"DOORBUSTER_CA_BUNDLE: no such file {bundle}; give a PEM file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except (ssl.SSLError, OSError):
        raise TargetError(f"DOORBUSTER_CA_BUNDLE: {bundle} holds no certificates; give a PEM file") from None
