"""`python -m gradtui`: the same as the `gradtui` command."""

from gradtui.cli import main

if __name__ == "__main__":
    main()
