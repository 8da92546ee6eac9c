{#- Counts, of the stage's files as LIST gave them (query `listed`), those that belong to no batch: of failed attempts,
    or somebody else's. Younger files may still wait for their batch, older ones may have had one that was pruned. -#}
SELECT COUNT(*) AS "FILES", COALESCE(SUM("size"), 0) AS "BYTES", MIN("MODIFIED_AT") AS "OLDEST"
FROM (
  SELECT REPLACE("name", {{ bucket_url }}, '') AS "FILE_NAME", "size",
    {#- Such as Tue, 9 Jan 2018 15:31:44 GMT. #}
    TRY_TO_TIMESTAMP_NTZ(TRIM(REPLACE(SPLIT_PART("last_modified", ', ', 2), 'GMT', '')), 'DD MON YYYY HH24:MI:SS') AS "MODIFIED_AT"
  FROM TABLE(RESULT_SCAN({{ listed }}))
)
WHERE "size" > 0 AND "MODIFIED_AT" >= {{ oldest }} AND "MODIFIED_AT" < {{ settled }}
  AND "FILE_NAME" NOT IN (SELECT "FILE_NAME" FROM {{ database }}."CONTROL"."BATCH_FILES")
