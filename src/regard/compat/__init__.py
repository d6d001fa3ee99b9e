"""Other tools' signatures, on top of record, view and serve. Each file is one tool."""
