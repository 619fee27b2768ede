/** What each room of src may import besides itself: other rooms (by their index only), and packages. */
const rooms = {
  protocol: { packages: ["@sinclair/typebox", "msgpackr"] },
  common: { packages: ["node:"] },
  derivation: { rooms: ["protocol"] },
  handlers: { rooms: ["derivation", "protocol"] },
  entities: { rooms: ["protocol"], packages: ["typeorm"] },
  database: {
    rooms: ["common", "derivation", "entities", "protocol"],
    packages: ["node:", "pg", "sqlite3", "typeorm"],
  },
  queries: { rooms: ["common", "database", "derivation", "protocol"], packages: ["node:", "typeorm"] },
  maintenance: {
    rooms: ["common", "database", "derivation", "entities", "handlers", "protocol", "queries"],
    packages: ["node:", "sqlite3", "typeorm"],
  },
  library: {
    rooms: ["common", "database", "derivation", "entities", "handlers", "maintenance", "protocol", "queries"],
    packages: ["node:", "typeorm"],
  },
  export: {
    rooms: ["common", "database", "protocol", "queries"],
    packages: ["node:", "client-zip", "csv-stringify"],
  },
  access: { rooms: ["common"], packages: ["node:", "fastify", "pino", "ws"] },
  replay: {
    rooms: ["access", "common", "database", "derivation", "protocol", "queries"],
    packages: ["node:", "pino", "ws"],
  },
  http: {
    rooms: ["access", "common", "database", "export", "protocol", "queries"],
    packages: ["node:", "@fastify/ajv-compiler", "@fastify/swagger", "@sinclair/typebox", "fastify"],
  },
  daemon: {
    rooms: ["access", "common", "database", "handlers", "http", "protocol", "replay"],
    packages: ["node:", "fastify", "pino", "prom-client", "ws"],
  },
  client: { rooms: ["protocol"] },
  "client-node": { rooms: ["client"], packages: ["node:", "sqlite3", "ws"] },
};

const anyOf = (names) => `(${names.join("|")})`;

/** For each room: no import from another room, and no package, that the table does not name. */
const directions = Object.entries(rooms).flatMap(([room, { rooms: others = [], packages = [] }]) => [
  {
    name: `${room}-imports-rooms`,
    comment: `src/${room} may import these rooms, by their index: ${others.join(", ") || "none"}.`,
    severity: "error",
    from: { path: `^src/${room}/` },
    to: {
      path: "^(src|migrations)/",
      pathNot: [`^src/${room}/`, ...(others.length > 0 ? [`^src/${anyOf(others)}/index\\.ts$`] : [])].concat(
        // The schema is what its migrations make it.
        ["database", "entities", "maintenance", "library"].includes(room) ? ["^migrations/"] : [],
      ),
    },
  },
  {
    name: `${room}-imports-packages`,
    comment: `src/${room} may import these packages: ${packages.join(", ") || "none"}.`,
    severity: "error",
    from: { path: `^src/${room}/` },
    to: {
      dependencyTypesNot: ["local", "core", "aliased-tsconfig", "localmodule"],
      path: "node_modules/",
      ...(packages.length > 0 ? { pathNot: `node_modules/(@types/)?${anyOf(packages)}/` } : {}),
    },
  },
  ...(packages.includes("node:")
    ? []
    : [
        {
          name: `${room}-imports-nothing-of-node`,
          severity: "error",
          from: { path: `^src/${room}/` },
          to: { dependencyTypes: ["core"] },
        },
      ]),
]);

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "migrations-import-protocol",
      comment:
        "A migration recodes AEPsych's rows with src/protocol, and imports nothing else that may change.",
      severity: "error",
      from: { path: "^migrations/" },
      to: { path: "^src/", pathNot: "^src/protocol/index\\.ts$" },
    },
    {
      name: "src-imports-no-tests",
      severity: "error",
      from: { path: "^(src|migrations)/" },
      to: { path: "^(harness|bench|faults|test)/" },
    },
    {
      name: "harness-imports-none-of-its-users",
      severity: "error",
      from: { path: "^harness/" },
      to: { path: "^(bench|faults|test)/" },
    },
    {
      name: "bench-and-faults-share-only-harness",
      severity: "error",
      from: { path: "^(bench|faults)/" },
      to: { path: "^(bench|faults|test)/", pathNot: "^$1/" },
    },
    {
      name: "only-fault-tests-import-faults",
      severity: "error",
      from: { path: "^test/", pathNot: "^test/faults/" },
      to: { path: "^(bench|faults)/" },
    },
    ...directions,
  ],
  options: {
    // Types count too: a circle of types is one that a reader goes round.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
