-- One row per customer who has bought before the cut-off: how often, how lately, how much and where.
-- `history` holds the rows before the cut-off and nothing else; getvariable('as_of') is the cut-off.
-- Sums are taken over whole numbers (thousandths of a pound), so that every feature is stable to the last bit.
WITH purchases AS (
  SELECT CustomerID, InvoiceNo, CAST(InvoiceDate AS DATE) AS day, Country,
         CAST(Quantity AS BIGINT) AS quantity, CAST(ROUND(UnitPrice * 1000) AS BIGINT) AS price
  FROM history
  WHERE CustomerID IS NOT NULL AND InvoiceNo NOT LIKE 'C%' AND Quantity > 0 AND UnitPrice > 0
), orders AS (
  SELECT CustomerID, day, InvoiceNo, SUM(quantity * price) AS amount, SUM(quantity) AS items,
         COUNT(*) AS lines, MAX(Country) AS country
  FROM purchases GROUP BY CustomerID, day, InvoiceNo
), days AS (
  SELECT CustomerID, day, COUNT(*) AS orders, CAST(SUM(amount) AS BIGINT) AS amount,
         CAST(SUM(items) AS BIGINT) AS items, CAST(SUM(lines) AS BIGINT) AS lines, MAX(country) AS country
  FROM orders GROUP BY CustomerID, day
), gaps AS (
  SELECT *, DATE_DIFF('day', day, CAST(getvariable('as_of') AS DATE)) AS age,
         DATE_DIFF('day', LAG(day) OVER visits, day) AS gap,
         DATE_DIFF('day', LAG(day, 2) OVER visits, LAG(day) OVER visits) AS gap_before,
         DATE_DIFF('day', LAG(day, 3) OVER visits, LAG(day, 2) OVER visits) AS gap_before_that
  FROM days WINDOW visits AS (PARTITION BY CustomerID ORDER BY day)
), customers AS (
  SELECT CustomerID,
    MIN(age) AS recency_days,
    MAX(age) AS tenure_days,
    CAST(SUM(orders) AS BIGINT) AS orders,
    COUNT(*) AS purchase_days,
    CAST(SUM(amount) AS DOUBLE) / 1000 AS amount_total,
    CAST(SUM(amount) AS DOUBLE) / 1000 / SUM(orders) AS amount_per_order,
    CAST(ARG_MAX(amount, day) AS DOUBLE) / 1000 AS amount_last,
    CAST(SUM(items) AS DOUBLE) / SUM(orders) AS items_per_order,
    CAST(SUM(lines) AS DOUBLE) / SUM(orders) AS lines_per_order,
    ARG_MAX(lines, day) AS lines_last,
    CAST(SUM(amount) AS DOUBLE) / 1000 / SUM(items) AS price_mean,
    CAST(SUM(gap) AS DOUBLE) / NULLIF(COUNT(gap), 0) AS gap_mean,
    SQRT((CAST(SUM(gap * gap) AS DOUBLE) - CAST(SUM(gap) AS DOUBLE) * CAST(SUM(gap) AS DOUBLE) / NULLIF(COUNT(gap), 0))
         / NULLIF(COUNT(gap) - 1, 0)) AS gap_std,
    MIN(gap) AS gap_min,
    MAX(gap) AS gap_max,
    NULLIF(ARG_MAX(COALESCE(gap, -1), day), -1) AS gap_last,
    NULLIF(ARG_MAX(COALESCE(gap_before, -1), day), -1) AS gap_before_last,
    NULLIF(ARG_MAX(COALESCE(gap_before_that, -1), day), -1) AS gap_before_that,
    CAST(SUM(CASE WHEN age <= 30 THEN orders ELSE 0 END) AS BIGINT) AS orders_30d,
    CAST(SUM(CASE WHEN age <= 90 THEN orders ELSE 0 END) AS BIGINT) AS orders_90d,
    CAST(SUM(CASE WHEN age <= 30 THEN amount ELSE 0 END) AS DOUBLE) / 1000 AS amount_30d,
    CAST(SUM(CASE WHEN age <= 90 THEN amount ELSE 0 END) AS DOUBLE) / 1000 AS amount_90d,
    ISODOW(MAX(day)) AS last_weekday,
    ARG_MAX(country, day) AS country
  FROM gaps GROUP BY CustomerID
), cancellations AS (
  SELECT CustomerID, COUNT(DISTINCT InvoiceNo) AS cancellations,
         CAST(SUM(CAST(Quantity AS BIGINT) * CAST(ROUND(UnitPrice * 1000) AS BIGINT)) AS DOUBLE) / 1000 AS amount
  FROM history WHERE CustomerID IS NOT NULL AND InvoiceNo LIKE 'C%' GROUP BY CustomerID
)
SELECT customers.*,
  customers.recency_days / customers.gap_mean AS recency_in_gaps,
  COALESCE(cancellations.cancellations, 0) AS cancellations,
  COALESCE(cancellations.amount, 0) AS amount_cancelled
FROM customers LEFT JOIN cancellations USING (CustomerID)
