from tests.imports.conftest import organised

__all__ = ["organised"]
