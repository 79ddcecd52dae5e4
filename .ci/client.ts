// A client of the API whose every name and type comes from the OpenAPI document: see check-client.
// What does not fit the document does not compile, and what the API answers otherwise fails here.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { env: Record<string, string | undefined>; exit(code: number): never };

type NewOrder = components["schemas"]["OrderRequest"];

const api = createClient<paths>({
  baseUrl: process.env.STEVEDORE_URL,
  headers: { Authorization: `Bearer ${process.env.STEVEDORE_KEY}` },
});

function check(holds: boolean, what: string): asserts holds {
  if (!holds) {
    console.error(`the client found otherwise: ${what}`);
    process.exit(1);
  }
}

const health = await api.GET("/api/health");
check(health.data?.status === "ok", "the API is well");

// A shop without goods refuses the order, and says why in a way that programs can read.
const order: NewOrder = {
  customer: { name: "Ama Mensah", phone: "0241234567" },
  currency: "GHS",
  payment_method: "cod",
  lines: [{ sku: "MTN-1GB", quantity: 1, recipient_phone: "0241234567" }],
};
const refused = await api.POST("/v1/orders", {
  params: { header: { "Idempotency-Key": "client-1" } },
  body: order,
});
check(refused.response.status === 422, "an unknown SKU is 422");
const codes = refused.error?.errors?.map((problem) => problem.code) ?? [];
check(codes.includes("unknown_sku"), `unknown_sku is among ${codes.join()}`);

// A page of a list, filtered and sorted by words that the types know.
const page = await api.GET("/v1/fulfillments", {
  params: { query: { status: "pending,failed", sort: "-fulfillment_id", limit: 10 } },
});
check(typeof page.data === "object", "a list is JSON unless CSV is asked for");
check(page.data.fulfillments.length === 0 && page.data.next === null, "nothing is fulfilled");

// One thing done twice under one key is done once.
const twice = [0, 1].map(() =>
  api.POST("/api/admin/health", {
    params: { header: { "Idempotency-Key": "client-2" } },
    body: { action: "clean_up" },
  }),
);
const [first, second] = await Promise.all(twice);
check(first?.data?.job_id === second?.data?.job_id, "both are the same job");
const replayed = [first, second].filter(
  (answer) => answer?.response.headers.get("idempotency-replayed") === "true",
);
check(replayed.length === 1, "one of them is a repetition");

console.log("typescript client: fine");
