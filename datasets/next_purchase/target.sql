-- The days from the cut-off to each customer's first purchase in the follow-up window; no row means none came.
-- `followup` holds the rows from the cut-off to the horizon and nothing else.
SELECT CustomerID,
       DATE_DIFF('day', CAST(getvariable('as_of') AS DATE), MIN(CAST(InvoiceDate AS DATE))) AS days_to_next_purchase
FROM followup
WHERE CustomerID IS NOT NULL AND InvoiceNo NOT LIKE 'C%' AND Quantity > 0 AND UnitPrice > 0
GROUP BY CustomerID
