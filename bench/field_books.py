"""What three engines' own databases have of a product and of a discount code: plain SQL, no line of an adapter."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.live.engine import FOLDER

Sql = Callable[[str], list[list[str]]]


@dataclass(frozen=True)
class Field:
    """An engine as tests/live seeds it: what shoppers collide on, and where its books have that."""

    scarce: str
    """The product of which there are few."""
    plenty: str
    code: str
    """The discount code with a limit."""
    sold: str
    """SQL: units in orders that are not cancelled; `{variant}` is the catalogue's."""
    shelf: str
    """SQL: units on the shelf, and how many of them are set aside."""
    sessions_per_s: float
    """Shoppers a second, all of whom buy: about what the engine takes on two shared cores."""
    used: str
    """SQL: orders that the code took something off, and uses as the engine counts them (the same where it does not)."""


FIELDS = {
    "vendure": Field(
        scarce="felt-hat-40",
        plenty="linen-shirt-1",
        code="FIRSTS",
        sessions_per_s=1.0,
        sold="""select coalesce(sum(l.quantity), 0) from order_line l join "order" o on o.id = l."orderId"
                where l."productVariantId" = {variant} and o."orderPlacedAt" is not null and o.state <> 'Cancelled'""",
        shelf="""select sum("stockOnHand"), sum("stockAllocated") from stock_level
                 where "productVariantId" = {variant}""",
        used="""select count(*) filter (where o."couponCodes" like '%{code}%'), count(*) from "order" o
                join order_promotions_promotion u on u."orderId" = o.id join promotion p on p.id = u."promotionId"
                where o."orderPlacedAt" is not null and o.state <> 'Cancelled' and p."couponCode" = '{code}'""",
    ),
    "medusa": Field(
        scarce="linen-9",
        plenty="linen-0",
        code="FIRST20",
        sessions_per_s=0.6,
        sold="""select coalesce(sum(i.quantity), 0) from order_item i join order_line_item l on l.id = i.item_id
                join "order" o on o.id = i.order_id and o.version = i.version
                where l.variant_id = '{variant}' and o.status <> 'canceled'""",
        shelf="""select sum(l.stocked_quantity), sum(l.reserved_quantity) from inventory_level l
                 join product_variant_inventory_item v on v.inventory_item_id = l.inventory_item_id
                 where v.variant_id = '{variant}' and l.deleted_at is null and v.deleted_at is null""",
        used="""select (select count(distinct i.order_id) from order_item i
                        join order_line_item_adjustment a on a.item_id = i.item_id
                        join "order" o on o.id = i.order_id
                        where a.code = '{code}' and a.deleted_at is null and o.status <> 'canceled'),
                       (select used from promotion where code = '{code}')""",
    ),
    "oscar": Field(
        scarce="cotton-dress-40_40",
        plenty="linen-shirt-1_1",
        code="FIRST20",
        sessions_per_s=1.0,
        sold="""select coalesce(sum(l.quantity), 0) from order_line l join order_order o on o.id = l.order_id
                where l.product_id = {variant} and o.status <> 'Cancelled'""",
        shelf="select num_in_stock, coalesce(num_allocated, 0) from partner_stockrecord where product_id = {variant}",
        used="""select (select count(distinct order_id) from order_orderdiscount where voucher_code = '{code}'),
                       (select num_orders from voucher_voucher where code = '{code}')""",
    ),
}


def number(sql: Sql, query: str) -> tuple[int, ...]:
    """The one row of a query as whole numbers."""
    (row,) = sql(query)
    return tuple(round(float(cell)) for cell in row)


def version(engine: str) -> str:
    """The pinned version that tests/live installs."""
    wanted = {"vendure": "@vendure/core", "medusa": "@medusajs/medusa"}.get(engine)
    if wanted:
        return str(json.loads((FOLDER / engine / "package.json").read_text())["dependencies"][wanted])
    found = re.search(r"^django-oscar==(\S+)$", (FOLDER / engine / "requirements.txt").read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"tests/live/{engine}/requirements.txt names no django-oscar")
    return found[1]
