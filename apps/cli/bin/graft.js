#!/usr/bin/env node
// A file of its own, committed and executable: npm links a bin when it installs, before dist is built, and tsc writes no
// executable files.
import "../dist/main.js";
