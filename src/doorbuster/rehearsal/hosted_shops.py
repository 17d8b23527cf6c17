"""Shops that live on a platform with many others: load there is the platform's business, and everybody else's too.

Where the facts are from: addresses from the platforms' own documentation (shopify.dev, docs.bigcommerce.com,
developers.wix.com, support.squarespace.com, developers.vtex.com, Salesforce's B2C Commerce, docs.saleor.io,
docs.medusajs.com, help.ecwid.com); headers, cookies and marks in pages from the fingerprints that Wappalyzer publishes
(technologies.json of its Python package 2.0.4), where not marked otherwise. Read in November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from doorbuster.storefronts.payment_hosts import is_of


@dataclass(frozen=True, slots=True)
class HostedPlatform:
    """How a platform's shops can be told, by name or by what they answer."""

    name: str
    domains: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """(lower-case name, how the value begins in small letters)"""
    cookies: tuple[str, ...] = ()
    """How their names begin."""
    page: bytes = b""
    """A mark in the home page."""


HOSTED: Final = (
    HostedPlatform(
        "Shopify",
        ("myshopify.com", "shopifypreview.com", "shopify.com"),
        (
            ("powered-by", "shopify"),
            ("x-shopid", ""),
            ("x-shopify-stage", ""),
            ("x-shopify-api-deprecated-reason", ""),
            ("x-sorting-hat-shopid", ""),  # seen by those who crawl shops; not among Wappalyzer's
        ),
        ("_shopify_",),
    ),
    HostedPlatform(
        "BigCommerce",
        ("mybigcommerce.com", "bigcommerce.com"),
        (("x-bc-store-version", ""),),  # as WhatWeb and others tell it; not among Wappalyzer's
        (),
        b'content="bigcommerce.stencil"',
    ),
    HostedPlatform("Squarespace", ("squarespace.com",), (("server", "squarespace"),)),
    HostedPlatform(
        "Wix",
        ("wixsite.com", "wix.com", "editorx.io"),
        (("x-wix-request-id", ""), ("x-wix-renderer-server", ""), ("x-wix-server-artifact-id", "")),
    ),
    HostedPlatform(
        "VTEX",
        ("vtexcommercestable.com.br", "myvtex.com", "vtex.app", "vtexassets.com"),
        (("powered", "vtex"), ("server", "vtex")),
        ("VtexWorkspace", "VtexStoreVersion", "vtex_session"),
    ),
    HostedPlatform(
        "Salesforce Commerce Cloud",
        ("demandware.net", "commercecloud.salesforce.com", "mobify-storefront.com"),
        (("server", "demandware"),),
        ("dwsid", "dw_dnt"),
    ),
    HostedPlatform("Saleor Cloud", ("saleor.cloud",)),
    HostedPlatform("Medusa Cloud", ("medusajs.app",)),
    HostedPlatform("Shift4Shop", ("3dcartstores.com",), (("x-powered-by", "3dcart"),), ("3dvisit",)),
    HostedPlatform("GoDaddy Online Store", ("mysimplestore.com",), (("via", "1.1 mysimplestore.com"),)),
    HostedPlatform("Ecwid", ("ecwid.com", "company.site")),
    HostedPlatform("Lightspeed", ("webshopapp.com",)),
    HostedPlatform("Jimdo", ("jimdo.com", "jimdosite.com"), (("x-jimdo-instance", ""), ("x-jimdo-wid", ""))),
    HostedPlatform("Shoplazza", ("myshoplazza.com",), (), ("shoplazza_source",)),
)


def hosted_by_name(host: str) -> str | None:
    """The platform that a host belongs to; None for a shop's own name, behind which a platform may still be."""
    return next((one.name for one in HOSTED if is_of(host, one.domains)), None)


def hosted_by_adapter(platform: str) -> str | None:
    """The platform that an adapter of this name is for, where all of that platform's shops are hosted.

    >>> hosted_by_adapter("shopify"), hosted_by_adapter("shopify_theme"), hosted_by_adapter("medusa")
    ('Shopify', 'Shopify', None)
    """
    return next((one.name for one in HOSTED if platform.partition("_")[0] == one.name.lower()), None)


def hosted_by_answer(headers: Mapping[str, str], cookies: Iterable[str], page: bytes) -> str | None:
    """The platform that answered. `headers` by lower-case name, `cookies` their names, `page` the home page."""
    set_here = tuple(cookies)
    for one in HOSTED:
        if (
            any(name in headers and headers[name].lower().startswith(begins) for name, begins in one.headers)
            or any(name.startswith(one.cookies) for name in set_here if one.cookies)
            or (one.page and one.page in page)
        ):
            return one.name
    return None
