"""For a process that only surveys: XGBoost imports pandas and scikit-learn wherever they are installed, which takes a
second, and the image does not hold them."""

import sys

for optional in ("pandas", "sklearn"):
    sys.modules.setdefault(optional, None)  # type: ignore[arg-type]
