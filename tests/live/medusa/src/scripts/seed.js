// A shop to rehearse on: 40 products, 20 % tax, two regions, coupons of every kind that the promises speak of, and the
// two keys that open it. Its one argument is the file that the keys are written to.
const { writeFileSync } = require("node:fs");
const { ContainerRegistrationKeys, Modules, ProductStatus } = require("@medusajs/framework/utils");
const flows = require("@medusajs/medusa/core-flows");

const COLLECTIONS = ["linen", "lamps", "chairs", "mugs"];
const PRODUCTS = 40;
const UNITS = 100000;
const SCARCE_UNITS = Number(process.env.SCARCE_UNITS ?? 20);
const COUPON_LIMIT = Number(process.env.COUPON_LIMIT ?? 20);
const REGIONS = [
  { name: "Europe", currency_code: "eur", countries: ["es", "de", "fr"], payment_providers: ["pp_system_default"] },
  { name: "United Kingdom", currency_code: "gbp", countries: ["gb"], payment_providers: ["pp_system_default"] },
];
const PROMOTIONS = [
  { code: "WELCOME10", application_method: { type: "percentage", target_type: "order", value: 10 } },
  { code: "MINUS5", application_method: { type: "fixed", target_type: "order", value: 5, currency_code: "eur" } },
  { code: "FIRST20", limit: COUPON_LIMIT, application_method: { type: "percentage", target_type: "order", value: 20 } },
  {
    code: "FREESHIP",
    application_method: { type: "percentage", target_type: "shipping_methods", allocation: "across", value: 100 },
  },
];

exports.default = async function seed({ container, args }) {
  const run = async (flow, input) => (await flow(container).run({ input })).result;
  const link = container.resolve(ContainerRegistrationKeys.LINK);
  const query = container.resolve(ContainerRegistrationKeys.QUERY);
  const { data: [store] } = await query.graph({ entity: "store", fields: ["id"] });

  const [channel] = await run(flows.createSalesChannelsWorkflow, { salesChannelsData: [{ name: "Live test" }] });
  const regions = await run(flows.createRegionsWorkflow, { regions: REGIONS });
  await run(flows.updateStoresWorkflow, {
    selector: { id: store.id },
    update: {
      name: "Doorbuster live test",
      supported_currencies: [{ currency_code: "eur", is_default: true }, { currency_code: "gbp" }],
      default_sales_channel_id: channel.id,
      default_region_id: regions[0].id,
    },
  });
  const countries = REGIONS.flatMap((region) => region.countries);
  await run(
    flows.createTaxRegionsWorkflow,
    countries.map((country_code) => ({
      country_code,
      provider_id: "tp_system",
      default_tax_rate: { name: "VAT", code: "vat", rate: 20 },
    })),
  );

  const [location] = await run(flows.createStockLocationsWorkflow, {
    locations: [{ name: "Warehouse", address: { city: "Madrid", country_code: "ES", address_1: "" } }],
  });
  await link.create({
    [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
    [Modules.FULFILLMENT]: { fulfillment_provider_id: "manual_manual" },
  });
  await run(flows.linkSalesChannelsToStockLocationWorkflow, { id: location.id, add: [channel.id] });
  const profile = await shippingProfile(query, run);
  const fulfillment = container.resolve(Modules.FULFILLMENT);
  const shipping = await fulfillment.createFulfillmentSets({
    name: "Delivery",
    type: "shipping",
    service_zones: [
      { name: "Everywhere", geo_zones: countries.map((country_code) => ({ country_code, type: "country" })) },
    ],
  });
  await link.create({
    [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
    [Modules.FULFILLMENT]: { fulfillment_set_id: shipping.id },
  });
  await run(
    flows.createShippingOptionsWorkflow,
    [["Standard", 4.5], ["Express", 9]].map(([name, amount]) => ({
      name,
      price_type: "flat",
      provider_id: "manual_manual",
      service_zone_id: shipping.service_zones[0].id,
      shipping_profile_id: profile.id,
      type: { label: name, description: name, code: name.toLowerCase() },
      prices: [{ currency_code: "eur", amount }, { currency_code: "gbp", amount }],
      rules: [
        { attribute: "enabled_in_store", value: "true", operator: "eq" },
        { attribute: "is_return", value: "false", operator: "eq" },
      ],
    })),
  );

  const collections = await run(flows.createCollectionsWorkflow, {
    collections: COLLECTIONS.map((handle) => ({ title: handle, handle })),
  });
  await run(flows.createProductsWorkflow, {
    products: Array.from({ length: PRODUCTS }, (_, number) => product(number, collections, profile, channel)),
  });
  const { data: items } = await query.graph({ entity: "inventory_item", fields: ["id", "sku"] });
  await run(flows.createInventoryLevelsWorkflow, {
    inventory_levels: items.map(({ id, sku }) => ({
      location_id: location.id,
      inventory_item_id: id,
      // The last of each collection is what shoppers collide on.
      stocked_quantity: sku.endsWith("-9") ? SCARCE_UNITS : UNITS,
    })),
  });
  await run(flows.createPromotionsWorkflow, {
    promotionsData: PROMOTIONS.map((one) => ({ type: "standard", status: "active", ...one })),
  });

  const keys = await run(flows.createApiKeysWorkflow, {
    api_keys: [
      { title: "Shoppers", type: "publishable", created_by: "" },
      { title: "Backstage", type: "secret", created_by: "" },
    ],
  });
  const [publishable, secret] = ["publishable", "secret"].map((type) => keys.find((key) => key.type === type));
  await run(flows.linkSalesChannelsToApiKeyWorkflow, { id: publishable.id, add: [channel.id] });
  writeFileSync(args[0], JSON.stringify({ storefront_token: publishable.token, admin_token: secret.token }));
};

// Migrations make a default profile; making it again would be refused.
async function shippingProfile(query, run) {
  const { data: [known] } = await query.graph({ entity: "shipping_profile", fields: ["id"] });
  if (known) {
    return known;
  }
  const [made] = await run(flows.createShippingProfilesWorkflow, { data: [{ name: "Default", type: "default" }] });
  return made;
}

function product(number, collections, profile, channel) {
  const collection = collections[number % collections.length];
  const place = Math.floor(number / collections.length);
  const handle = `${collection.handle}-${place}`;
  // Whole cents after 20 % tax and 10 % or 20 % discount: Medusa does not round, and a cent's half is nobody's error.
  const amount = 5 + 2.5 * number;
  return {
    title: handle,
    handle,
    description: `Number ${place} of our ${collection.handle}.`,
    collection_id: collection.id,
    status: ProductStatus.PUBLISHED,
    shipping_profile_id: profile.id,
    options: [{ title: "Size", values: ["One"] }],
    variants: [
      {
        title: "One",
        sku: handle,
        options: { Size: "One" },
        manage_inventory: true,
        prices: [{ currency_code: "eur", amount }, { currency_code: "gbp", amount }],
      },
    ],
    sales_channels: [{ id: channel.id }],
  };
}
