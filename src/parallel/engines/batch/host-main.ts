/**
 * The program of a job: serves tasks of a work folder until there are none, with all cores of its allocation.
 *
 * `host-main FOLDER ELEMENT WALL RESERVE`: the folder, the name the scheduler has for this element, its wall time in s (0:
 * not known), and the time before that at which it stops. Exit code 0: it ended by itself. Its main thread only waits, so
 * that signals are heard at once.
 */
const stop = new AbortController();
// Before anything else is loaded: without a listener these end the process.
process.on('SIGUSR2', () => stop.abort('time'));
process.on('SIGTERM', () => stop.abort('ended'));
process.on('SIGHUP', () => stop.abort('ended'));

const [folder = '', element = '', wall = '0', reserve = '120'] = process.argv.slice(2);
const seconds = Number(wall) - Number(reserve);
if (Number(wall) > 0) setTimeout(() => stop.abort('time'), 1000 * Math.max(1, seconds)).unref();

const { serveFolder } = await import('./batch-host.ts');
process.exit(await serveFolder(folder, element, stop.signal));
