-- What a day does to the shop.
UPDATE shop.customers SET credit = credit + 1, updated_at = now() WHERE id % 10 = 0;
INSERT INTO shop.customers (id, name) SELECT n, 'New ' || n FROM generate_series(20001, 20500) AS n;
UPDATE shop.orders SET total = -total, note = '', updated_at = now() WHERE id % 25 = 0;
INSERT INTO shop.events (kind, tags) SELECT 'order', '{}' FROM generate_series(1, 1000);
UPDATE shop.products SET price = price + 0.01 WHERE sku LIKE 'P1%';
ALTER TABLE shop.products ADD COLUMN colour text DEFAULT 'blue';
DELETE FROM shop.products WHERE sku LIKE '%7';
DELETE FROM shop.rates WHERE valid < date '2026-02-01';
UPDATE shop.documents SET body = body || '{"changed": true}' WHERE id::text LIKE 'a%';
UPDATE shop.invoices SET amount = 0, updated_at = now() WHERE id <= 5;
