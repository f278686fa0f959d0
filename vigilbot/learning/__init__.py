"""What sessions teach; `closing.py` shows the order. Every change is a version, with who, why and what it rests on."""
