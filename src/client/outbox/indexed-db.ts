/** The parts of IndexedDB and Web Locks that the client uses: the project is compiled without the browser's types. */

export interface IdbRequest<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface OpenRequest extends IdbRequest<IdbDatabase> {
  onupgradeneeded: (() => void) | null;
  onblocked: (() => void) | null;
}

export interface IdbStore {
  add(value: unknown): IdbRequest<number>;
  put(value: unknown): IdbRequest<unknown>;
  delete(key: unknown): IdbRequest<undefined>;
  get(key: unknown): IdbRequest<unknown>;
  getAll(): IdbRequest<unknown[]>;
  getKey(key: unknown): IdbRequest<number | undefined>;
  index(name: string): IdbStore;
  createIndex(name: string, keyPath: string, options?: { unique: boolean }): unknown;
}

interface IdbTransaction {
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): IdbStore;
  abort(): void;
}

export interface IdbDatabase {
  onversionchange: (() => void) | null;
  createObjectStore(name: string, options: { keyPath: string; autoIncrement?: boolean }): IdbStore;
  transaction(
    stores: string[],
    mode: "readonly" | "readwrite",
    options?: { durability: "strict" | "relaxed" },
  ): IdbTransaction;
  close(): void;
}

export interface WebLocks {
  request(name: string, hold: () => Promise<void>): Promise<void>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
}

interface BrowserGlobals {
  readonly indexedDB?: { open(name: string, version: number): OpenRequest };
  readonly navigator?: { readonly locks?: WebLocks };
}

const browser = globalThis as BrowserGlobals;

/** Web Locks; undefined where the browser has none, for example in pages that came over plain HTTP from another machine. */
export function findWebLocks(): WebLocks | undefined {
  return browser.navigator?.locks;
}

/** Opens a database; undefined without IndexedDB. */
export async function openIndexedDb(
  name: string,
  makeStores: (database: IdbDatabase) => void,
): Promise<IdbDatabase | undefined> {
  const request = browser.indexedDB?.open(name, 1);
  if (request === undefined) return undefined;
  request.onupgradeneeded = () => {
    makeStores(request.result);
  };
  return whenDone(request);
}

export function whenDone<Result>(request: IdbRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(asError(request.error));
    };
  });
}

/** Runs `work` in one transaction; resolves after the commit, which is on disk if `durability` is strict. */
export async function inTransaction<Result>(
  database: IdbDatabase,
  stores: string[],
  durability: "strict" | "relaxed",
  work: (store: (name: string) => IdbStore) => Promise<Result>,
): Promise<Result> {
  const transaction = database.transaction(stores, "readwrite", { durability });
  const committed = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(asError(transaction.error));
    };
  });
  const [result] = await Promise.all([work((name) => transaction.objectStore(name)), committed]);
  return result;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
