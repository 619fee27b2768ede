import { expect } from "chai";
import { pages, splitByBytes } from "../../src/database/index.js";

describe("pages", () => {
  const keys = [2, 3, 5, 8, 13];
  const asked: number[] = [];
  const read = (after: number, size: number) => {
    asked.push(after);
    return Promise.resolve(keys.filter((key) => key > after).slice(0, size));
  };
  const collect = async (size: number, after?: number) => {
    asked.length = 0;
    const found: number[][] = [];
    for await (const page of pages(read, (key) => key, size, after)) found.push(page);
    return found;
  };

  it("continues after the last key of each page and stops at a short page", async () => {
    expect(await collect(2)).to.deep.equal([[2, 3], [5, 8], [13]]);
    expect(asked).to.deep.equal([0, 3, 8]);
  });

  it("looks for more after a last page that is full", async () => {
    expect(await collect(5)).to.deep.equal([keys]);
    expect(asked).to.deep.equal([0, 13]);
  });

  it("begins after a given key", async () => {
    expect(await collect(10, 5)).to.deep.equal([[8, 13]]);
  });

  it("yields no page where there are no rows", async () => {
    expect(await collect(10, 13)).to.deep.equal([]);
  });
});

describe("splitByBytes", () => {
  it("keeps parts within the limit and gives a larger row a part of its own", () => {
    const rows = [4, 4, 4, 20, null, 1].map((bytes) => ({ bytes }));
    const parts = splitByBytes(rows, 10).map((part) => part.map(({ bytes }) => bytes));
    expect(parts).to.deep.equal([[4, 4], [4], [20], [null, 1]]);
  });
});
