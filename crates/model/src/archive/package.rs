//! `datapackage.json`: the archive as a Frictionless Data Package.
