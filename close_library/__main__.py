"""`python -m close_library` is the command `close`."""

from close_library.cli import main

if __name__ == "__main__":
    main()
