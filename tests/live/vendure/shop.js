// A Vendure shop with 40 products: its server, its schema and its seed, in one process. Answers on loopback alone.
import { writeFile } from "node:fs/promises";
import path from "node:path";

import vendure from "@vendure/core";
import populating from "@vendure/core/cli/index.js";

const { DefaultSearchPlugin, bootstrap, dummyPaymentHandler } = vendure;
const { importProductsFromCsv, populateCollections, populateInitialData } = populating;
const { SHOP_PORT, DATABASE_PORT, ADMIN_PASSWORD, WORK, UNITS = "5000", SCARCE_UNITS = UNITS } = process.env;
const PRODUCTS = 40;

const THINGS = ["linen-shirt", "wool-scarf", "oak-lamp", "clay-mug", "steel-pan", "cork-mat", "silk-tie", "felt-hat"];
const KINDS = ["Clothes", "Home"];
const kindOf = (thing) => (/shirt|scarf|tie|hat/.test(thing) ? "Clothes" : "Home");
const payment = (name, settles) => ({
  name,
  handler: { code: dummyPaymentHandler.code, arguments: [{ name: "automaticSettle", value: String(settles) }] },
});

const config = {
  apiOptions: { hostname: "127.0.0.1", port: Number(SHOP_PORT), shopApiPath: "shop-api", adminApiPath: "admin-api" },
  authOptions: {
    tokenMethod: ["bearer", "cookie"],
    superadminCredentials: { identifier: "superadmin", password: ADMIN_PASSWORD },
    cookieOptions: { secret: ADMIN_PASSWORD },
  },
  dbConnectionOptions: {
    type: "postgres", host: "127.0.0.1", port: Number(DATABASE_PORT), username: "postgres", database: "shop",
    synchronize: true, logging: false,
  },
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  plugins: [DefaultSearchPlugin],
};

const initial = {
  defaultLanguage: "en",
  defaultZone: "Europe",
  countries: [["ES", "Spain"], ["DE", "Germany"], ["FR", "France"]].map(([code, name]) => ({ code, name, zone: "Europe" })),
  taxRates: [{ name: "Standard", percentage: 20 }],
  shippingMethods: [
    { name: "Standard Shipping", price: 490, taxRate: 20 },
    { name: "Express Shipping", price: 990, taxRate: 20 },
  ],
  paymentMethods: [payment("Card", true), payment("Wallet", false)],
  collections: KINDS.map((kind) => ({
    name: kind,
    slug: kind.toLowerCase(),
    filters: [{ code: "facet-value-filter", args: { facetValueNames: [kind], containsAny: false } }],
  })),
};

const COLUMNS =
  "name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory,stockOnHand,trackInventory,variantAssets,variantFacets";
const product = (number) => {
  const thing = THINGS[number % THINGS.length];
  const slug = `${thing}-${number + 1}`;
  const units = number === PRODUCTS - 1 ? SCARCE_UNITS : UNITS; // the last is what shoppers collide on
  const price = (9 + ((number * 7) % 60) + 0.9).toFixed(2);
  return `${thing.replace("-", " ")} ${number + 1},${slug},For rehearsals,,kind:${kindOf(thing)},,,${slug.toUpperCase()},${price},standard,${units},true,,`;
};

const COUPONS = [
  { couponCode: "TENOFF", actions: [{ code: "order_percentage_discount", arguments: [{ name: "discount", value: "10" }] }] },
  { couponCode: "SHIPFREE", actions: [{ code: "free_shipping", arguments: [] }] },
  {
    couponCode: "FIRSTS",
    usageLimit: Number(process.env.COUPON_LIMIT ?? 5000),
    actions: [{ code: "order_fixed_discount", arguments: [{ name: "discount", value: "300" }] }],
  },
];

const app = await bootstrap(config);
await app.get(vendure.JobQueueService).start();
await populateInitialData(app, initial);
const ctx = await app.get(vendure.RequestContextService).create({ apiType: "admin" });
await app.get(vendure.ChannelService).update(ctx, {
  id: ctx.channelId, defaultCurrencyCode: "EUR", availableCurrencyCodes: ["EUR"],
});
const goods = path.join(WORK, "products.csv");
await writeFile(goods, [COLUMNS, ...Array.from({ length: PRODUCTS }, (_, number) => product(number))].join("\n") + "\n");
await importProductsFromCsv(app, goods, "en");
await populateCollections(app, initial);
for (const coupon of COUPONS) {
  await app.get(vendure.PromotionService).createPromotion(ctx, {
    enabled: true, conditions: [], translations: [{ languageCode: "en", name: coupon.couponCode, description: "" }], ...coupon,
  });
}
await app.get(vendure.SearchService).reindex(ctx);
await writeFile(path.join(WORK, "seeded"), "");
