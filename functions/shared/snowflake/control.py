"""The control tables that the steps write, with their columns."""

from functions.shared.contract.names import quote

_COLUMNS = {
    "TABLES": "TABLE_NAME SCHEMA_VERSION SOURCE_OID RULES CHANGES CREATED_AT",
    "BATCHES": "BATCH_ID TABLE_NAME EXECUTION COMPLETE MAX_DELETE_PERCENT RESET REPLAY HIGH WATERMARK VERSION EXPORTED "
    "CREATED_AT",
    "BATCH_FILES": "BATCH_ID FILE_NAME VERSION SCHEMA_VERSION",
    "LEDGER": "BATCH_ID TABLE_NAME EXPORTED LOADED MERGED DUPLICATES QUARANTINED HELD DELETED VERSION WATERMARK "
    "MERGED_AT HIGHEST FINAL_ROWS FINAL_VERSION",
    "READINGS": "TABLE_NAME CEILING READ_AT",
    "QUARANTINE": "BATCH_ID TABLE_NAME FILE_NAME ROW_NUMBER VERSION REASON RAW QUARANTINED_AT",
}


def control_table(database: str, table: str) -> str:
    """The quoted full name of a control table."""
    return f'{quote(database)}."CONTROL".{quote(table)}'


def insert_into(database: str, table: str) -> str:
    """The head of an INSERT, with the table's columns in the order in which its query must yield them."""
    return f"INSERT INTO {control_table(database, table)} ({', '.join(map(quote, _COLUMNS[table].split()))})"
