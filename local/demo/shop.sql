-- A small shop: one table for each strategy, with the values that copies usually lose.
CREATE SCHEMA shop;

CREATE TABLE shop.customers (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    email text,
    credit numeric(14, 4),
    birthday date,
    active boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO shop.customers (id, name, email, credit, birthday)
SELECT n, 'Customer ' || n, CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'c' || n || '@example.com' END,
       n * 1.0001, date '1960-01-01' + (n % 15000)::integer
FROM generate_series(1, 20000) AS n;

CREATE TABLE shop.orders (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL,
    note text,
    total numeric(38, 10),
    lines jsonb,
    updated_at timestamp NOT NULL DEFAULT now()
);
INSERT INTO shop.orders
SELECT n, 1 + n % 20000, E'says "hi", \\N and\na new line ' || n, n / 7.0,
       jsonb_build_object('sku', 'A' || n, 'exact', 9007199254740993 + n, 'nothing', NULL)
FROM generate_series(1, 50000) AS n;

CREATE TABLE shop.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    payload bytea,
    tags text[],
    at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO shop.events (kind, payload, tags)
SELECT 'click', decode(md5(n::text), 'hex'), ARRAY['a' || n, NULL, '"', '']
FROM generate_series(1, 30000) AS n;

CREATE TABLE shop.products (
    sku text PRIMARY KEY,
    price numeric(10, 2) NOT NULL,
    weight double precision,
    "Mixed Case" text
);
INSERT INTO shop.products
SELECT 'P' || n, n * 0.99, CASE WHEN n % 50 = 0 THEN 'NaN' ELSE sqrt(n) END, 'é ☃ ' || n
FROM generate_series(1, 2000) AS n;

CREATE TABLE shop.rates (currency text, rate numeric(20, 10), valid date);
INSERT INTO shop.rates
SELECT c, 1 + n / 1000.0, date '2026-01-01' + n FROM unnest(ARRAY['EUR', 'GBP', 'JPY']) AS c, generate_series(0, 99) AS n;

CREATE TABLE shop.documents (
    id uuid PRIMARY KEY,
    body jsonb,
    spans interval,
    valid int4range,
    opens time
);
INSERT INTO shop.documents
SELECT md5(n::text)::uuid, jsonb_build_object('n', n), make_interval(mins => n), int4range(n, n + 5), time '08:00' + make_interval(secs => n)
FROM generate_series(1, 5000) AS n;

CREATE TABLE shop.invoices (
    id integer PRIMARY KEY,
    amount numeric(12, 2) NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO shop.invoices SELECT n, n * 1.5 FROM generate_series(1, 3000) AS n;
