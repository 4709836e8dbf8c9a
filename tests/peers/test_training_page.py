"""What docs/training.md shows for PyTorch and Hugging Face runs where they are installed."""

from docs.test_documentation import place
from docs.test_python_blocks import test_the_training_page_runs

__all__ = ["place", "test_the_training_page_runs"]
