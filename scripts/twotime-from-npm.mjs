/** `npm run -s twotime -- ARGUMENTS`: npm changes to the package's folder; go back to where the user stands, then start. */
import { createRequire } from 'node:module';

if (process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD);
createRequire(import.meta.url)('../bin/twotime');
