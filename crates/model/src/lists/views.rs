//! The views that can be listed.

use super::List;

/// Fulfilments.
pub const FULFILLMENTS: List = List {
    view: "vw_fulfillments",
    key: "fulfillment_id",
    columns: &[
        "fulfillment_id",
        "order_id",
        "order_number",
        "customer_name",
        "customer_phone",
        "provider_code",
        "location_code",
        "status",
        "status_since",
        "provider_order_id",
        "attempts",
        "failures",
        "awaits_stock",
        "last_error_code",
        "last_error_message",
        "created_at",
        "submitted_at",
        "shipped_at",
        "delivered_at",
        "updated_at",
    ],
};

/// Parcels.
pub const SHIPMENTS: List = List {
    view: "vw_shipments",
    key: "shipment_id",
    columns: &[
        "shipment_id",
        "order_id",
        "order_number",
        "fulfillment_id",
        "carrier_code",
        "service",
        "tracking_number",
        "tracking_url",
        "status",
        "status_since",
        "estimated_delivery_at",
        "is_late",
        "created_at",
        "shipped_at",
        "delivered_at",
        "updated_at",
    ],
};

/// Transfers of stock.
pub const TRANSFERS: List = List {
    view: "vw_stock_transfers",
    key: "transfer_id",
    columns: &[
        "transfer_id",
        "from_location",
        "to_location",
        "status",
        "note",
        "created_by",
        "created_at",
        "shipped_at",
        "received_at",
        "items",
    ],
};

/// Stock counts.
pub const COUNTS: List = List {
    view: "vw_stock_counts",
    key: "stock_count_id",
    columns: &[
        "stock_count_id",
        "location",
        "status",
        "counted_by",
        "created_at",
        "completed_at",
        "lines",
    ],
};

/// Returns.
pub const RETURNS: List = List {
    view: "vw_returns",
    key: "return_id",
    columns: &[
        "return_id",
        "rma_number",
        "order_id",
        "order_number",
        "customer_name",
        "kind",
        "status",
        "status_since",
        "refund_amount",
        "currency",
        "exchange_order_id",
        "created_at",
        "received_at",
        "closed_at",
        "updated_at",
    ],
};

/// Customers.
pub const CUSTOMERS: List = List {
    view: "vw_customers",
    key: "customer_key",
    columns: &[
        "customer_id",
        "customer_key",
        "name",
        "email",
        "phone",
        "locale",
        "orders",
        "orders_delivered",
        "last_order_at",
        "created_at",
        "updated_at",
    ],
};

/// Pick lists.
pub const PICK_LISTS: List = List {
    view: "vw_pick_lists",
    key: "pick_list_id",
    columns: &[
        "pick_list_id",
        "location",
        "zone",
        "status",
        "picker",
        "items",
        "items_looked_for",
        "created_at",
        "completed_at",
    ],
};

/// Orders.
pub const ORDERS: List = List {
    view: "vw_orders",
    key: "order_id",
    columns: &[
        "order_id",
        "order_number",
        "status",
        "order_status",
        "payment_status",
        "payment_method",
        "currency",
        "total_amount",
        "customer_id",
        "customer_name",
        "order_source",
        "error_count",
        "placed_at",
        "updated_at",
    ],
};

/// Failures of orders.
pub const ORDER_ERRORS: List = List {
    view: "vw_order_errors",
    key: "order_error_id",
    columns: &[
        "order_error_id",
        "order_id",
        "fulfillment_id",
        "category",
        "severity",
        "stage",
        "code",
        "message",
        "context",
        "ticket_ref",
        "is_resolved",
        "resolved_at",
        "resolved_by",
        "resolution",
        "created_at",
    ],
};

/// Tickets.
pub const TICKETS: List = List {
    view: "vw_tickets",
    key: "ticket_id",
    columns: &[
        "ticket_id",
        "cause_key",
        "category",
        "severity",
        "state",
        "summary",
        "details",
        "order_id",
        "order_number",
        "occurrences",
        "first_seen_at",
        "last_seen_at",
        "resolved_at",
        "resolved_by",
        "resolution",
        "external_key",
        "external_url",
        "sync_error",
    ],
};

/// Notices.
pub const NOTICES: List = List {
    view: "vw_notices",
    key: "notice_id",
    columns: &[
        "notice_id",
        "order_id",
        "type",
        "channel",
        "recipient",
        "locale",
        "status",
        "skip_reason",
        "attempts",
        "unknown_attempts",
        "error_code",
        "last_error",
        "created_at",
        "not_before",
        "sent_at",
        "delivered_at",
    ],
};

/// What providers sent.
pub const WEBHOOK_EVENTS: List = List {
    view: "vw_webhook_events",
    key: "webhook_event_id",
    columns: &[
        "webhook_event_id",
        "source",
        "event_id",
        "event_type",
        "status",
        "attempts",
        "error",
        "body_bytes",
        "received_at",
        "processed_at",
    ],
};

/// Promotions.
pub const PROMOTIONS: List = List {
    view: "vw_promotions",
    key: "code",
    columns: &[
        "code",
        "description",
        "kind",
        "value",
        "currency",
        "min_subtotal",
        "max_discount",
        "starts_at",
        "ends_at",
        "max_redemptions",
        "max_per_customer",
        "redeemed",
        "is_active",
        "created_at",
        "updated_at",
    ],
};

/// Deliveries to the shop's own apps.
pub const WEBHOOK_DELIVERIES: List = List {
    view: "vw_webhook_deliveries",
    key: "delivery_id",
    columns: &[
        "delivery_id",
        "endpoint_id",
        "event_id",
        "kind",
        "order_id",
        "status",
        "attempts",
        "last_status",
        "next_attempt_at",
        "created_at",
        "ended_at",
    ],
};

/// Whom the shop does not serve, by kind: a value is unique for its kind.
pub const BLOCKLIST: List = List {
    view: "vw_blocklist",
    key: "value",
    columns: &[
        "kind",
        "value",
        "reason",
        "expires_at",
        "created_by",
        "created_at",
    ],
};

/// Stock, by SKU and place.
pub const STOCK: List = List {
    view: "vw_stock_levels",
    key: "place",
    columns: &[
        "sku",
        "product_name",
        "location_code",
        "on_hand",
        "reserved",
        "allocated",
        "available",
        "low_stock_threshold",
        "stock_status",
        "next_expiry_at",
    ],
};

/// What a customer reads inside the shop.
pub const NOTIFICATIONS: List = List {
    view: "vw_customer_notifications",
    key: "notification_id",
    columns: &[
        "notification_id",
        "type",
        "order_id",
        "title",
        "body",
        "created_at",
        "read_at",
    ],
};

/// Changes of wallets.
pub const WALLET_ENTRIES: List = List {
    view: "vw_wallet_entries",
    key: "wallet_entry_id",
    columns: &[
        "wallet_entry_id",
        "kind",
        "currency",
        "amount",
        "balance_after",
        "order_id",
        "refund_id",
        "reason",
        "actor",
        "created_at",
    ],
};

/// All lists that have a view to themselves; orders have two ways.
pub const LISTS: [List; 17] = [
    FULFILLMENTS,
    SHIPMENTS,
    TRANSFERS,
    COUNTS,
    RETURNS,
    CUSTOMERS,
    PICK_LISTS,
    STOCK,
    ORDER_ERRORS,
    TICKETS,
    NOTICES,
    WEBHOOK_EVENTS,
    PROMOTIONS,
    WEBHOOK_DELIVERIES,
    BLOCKLIST,
    NOTIFICATIONS,
    WALLET_ENTRIES,
];
