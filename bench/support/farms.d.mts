/** Farms in nftlb's form. */
export declare const farms: (count: number) => readonly object[];
