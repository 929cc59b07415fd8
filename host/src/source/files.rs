//! The embedded default: a folder of Parquet, CSV and NDJSON files, queried with Apache DataFusion.
