// A faulty daemon, to test the harness: it begins every read at once, and goes on with it when its client has left.
import { ReadSlots } from "../../src/http/index.js";

ReadSlots.prototype.enter = () => Promise.resolve();
