// One call for what a wallet's sheet needs of a cart: its address, the cheapest way of shipping, something to pay.
const { ContainerRegistrationKeys } = require("@medusajs/framework/utils");
const flows = require("@medusajs/medusa/core-flows");

exports.POST = async (req, res) => {
  const { cart_id, email, shipping_address, billing_address } = req.body;
  const run = async (flow, input) => (await flow(req.scope).run({ input })).result;
  await run(flows.updateCartWorkflow, { id: cart_id, email, shipping_address, billing_address });
  const options = await run(flows.listShippingOptionsForCartWorkflow, { cart_id });
  const [cheapest] = options.sort((one, other) => one.amount - other.amount);
  await run(flows.addShippingMethodToCartWorkflow, { cart_id, options: cheapest ? [{ id: cheapest.id }] : [] });
  await run(flows.createPaymentCollectionForCartWorkflow, { cart_id });
  const query = req.scope.resolve(ContainerRegistrationKeys.QUERY);
  const { data: [cart] } = await query.graph({
    entity: "cart",
    fields: [
      "id",
      "currency_code",
      "total",
      "items.id",
      "items.variant_id",
      "promotions.code",
      "payment_collection.id",
    ],
    filters: { id: cart_id },
  });
  res.json({ cart });
};
