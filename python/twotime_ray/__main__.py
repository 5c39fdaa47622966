"""Start the driver."""

import asyncio

from .driver import main

asyncio.run(main())
