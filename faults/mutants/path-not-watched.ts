// A faulty daemon, to test the harness: it does not look whether the path still names the files that it has open.
import { OpenFiles } from "../../src/database/engines/files/index.js";

OpenFiles.prototype.findChange = () => undefined;
