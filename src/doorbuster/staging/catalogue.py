"""What the staging shop sells: about 300 products, the same ones for the same seed, and one deal with few units."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CURRENCY: Final = "EUR"
PRODUCTS: Final = 300
DEAL: Final = "doorbuster-deal"
DEAL_UNITS: Final = 50

# A product's id is its collection and a number, so that whoever holds the id can name the collection's page.
_COLLECTIONS: Final = {
    "shirts": ("Shirt", "Blouse", "Polo"),
    "trousers": ("Trousers", "Chinos", "Shorts"),
    "knitwear": ("Jumper", "Cardigan", "Scarf"),
    "jackets": ("Jacket", "Parka", "Coat"),
    "shoes": ("Sneaker", "Boot", "Loafer"),
    "bags": ("Backpack", "Tote", "Wallet"),
    "kitchen": ("Kettle", "Pan", "Teapot"),
    "lighting": ("Lamp", "Lantern", "Candle"),
    "audio": ("Headphones", "Speaker", "Radio"),
    "toys": ("Puzzle", "Kite", "Robot"),
}
_MATERIALS: Final = ("Linen", "Wool", "Copper", "Oak", "Cotton", "Slate", "Cork", "Velvet", "Canvas", "Glass")
_MOODS: Final = ("Harbour", "Meadow", "Winter", "Studio", "Coastal", "Quiet", "Golden", "Northern", "Classic", "Urban")
_VARIANTS: Final = ("small", "medium", "large")


@dataclass(frozen=True, slots=True)
class Variant:
    """Something that can be put into a cart; its id is also its SKU. `units` is the stock at the start."""

    id: str
    product: str
    name: str
    price_minor: int
    units: int


@dataclass(frozen=True, slots=True)
class CatalogueProduct:
    """A product page: a name and the variants to choose from."""

    id: str
    name: str
    collection: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All products, and the ways to find them."""

    products: Mapping[str, CatalogueProduct]
    variants: Mapping[str, Variant]
    collections: Mapping[str, Sequence[CatalogueProduct]]
    words: Mapping[str, Sequence[CatalogueProduct]]
    """Lower-case words of names and collections, for search."""

    def search(self, query: str, most: int = 20) -> list[CatalogueProduct]:
        """Products that carry every word of the query, in catalogue order; at most `most`."""
        wanted = query.lower().split()
        if not wanted:
            return []
        hits = self.words.get(wanted[0], ())
        for word in wanted[1:]:
            also = {product.id for product in self.words.get(word, ())}
            hits = [product for product in hits if product.id in also]
        return list(hits[:most])


def _make_product(rng: random.Random, collection: str, number: int) -> CatalogueProduct:
    product_id = f"{collection}-{number:03d}"
    name = f"{rng.choice(_MOODS)} {rng.choice(_MATERIALS)} {rng.choice(_COLLECTIONS[collection])}"
    # Prices end in 9 or 5 so that percentages and taxes have something to round.
    price_minor = int(rng.lognormvariate(8.1, 0.6)) // 10 * 10 + rng.choice((5, 9))
    sizes = _VARIANTS[: rng.randint(1, 3)]
    # Plenty of units: a rehearsal that sells out its catalogue measures refusals; the deal is there for that.
    variants = tuple(
        Variant(
            id=f"{product_id}-{size}",
            product=product_id,
            name=f"{name}, {size}",
            price_minor=price_minor + 200 * step,
            units=rng.randint(2_000, 10_000),
        )
        for step, size in enumerate(sizes)
    )
    return CatalogueProduct(product_id, name, collection, variants)


def make_catalogue(seed: int) -> Catalogue:
    """The catalogue of a seed; equal seeds give equal catalogues on every machine.

    >>> len(make_catalogue(1).products)
    300
    """
    rng = random.Random(f"catalogue:{seed}")
    names = list(_COLLECTIONS)
    products = [_make_product(rng, names[number % len(names)], number) for number in range(1, PRODUCTS)]
    deal = Variant(f"{DEAL}-one", DEAL, "Doorbuster deal", 4_999, DEAL_UNITS)
    products.append(CatalogueProduct(DEAL, "Doorbuster deal of the day", "doorbuster", (deal,)))
    collections: dict[str, list[CatalogueProduct]] = defaultdict(list)
    words: dict[str, list[CatalogueProduct]] = defaultdict(list)
    for product in products:
        collections[product.collection].append(product)
        for word in {*product.name.lower().split(), product.collection}:
            words[word].append(product)
    return Catalogue(
        products={product.id: product for product in products},
        variants={variant.id: variant for product in products for variant in product.variants},
        collections=dict(collections),
        words=dict(words),
    )
