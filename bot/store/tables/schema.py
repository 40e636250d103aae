"""What all tables share. Times are UTC epoch seconds; what hangs on an article hangs on its key, never on its row."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Return the CHECK that a column holds one of the values."""
    names = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({names})", name=column)
