{#- Removes rows of files that no merge will ever ask for: of loads that failed or came too late, of merges that were
    refused, of exports that were repeated. What is recorded and not merged, a replay's batch too, keeps its rows. -#}
DELETE FROM {{ staging }} WHERE {# guard: rows-removed-before-their-batch-is-recorded #}"_SCANNED_AT" < {{ unmerged }}{# end guard #}
  {#- guard: rows-of-a-recorded-batch-removed #}
  AND "_FILE" NOT IN (
    SELECT "FILE_NAME" FROM {{ database }}."CONTROL"."BATCH_FILES"
    WHERE "BATCH_ID" NOT IN (SELECT "BATCH_ID" FROM {{ database }}."CONTROL"."LEDGER")
      {#- Files are recorded first: without its batch none will be merged. #}
      AND "BATCH_ID" IN (SELECT "BATCH_ID" FROM {{ database }}."CONTROL"."BATCHES")
  ){# end guard #}
