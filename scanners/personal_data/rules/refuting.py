# ruff: noqa: E501 - a table reads best one row a line
"""Labels that say a number is something else: an order, a version, a hash."""

from __future__ import annotations

REFUTING: tuple[str, ...] = (
    "订单", "单号", "流水", "编号", "版本", "升级", "回滚", "降级", "发布", "序列号", "批次", "批号", "货号", "型号", "工单", "发票", "合同号", "快递", "运单", "物流", "条码", "库存", "金额",
    "价格", "总价", "时间戳", "哈希", "校验", "端口", "行号", "页码", "坐标", "产品码", "商品", "交易号", "验证码", "积分", "票号", "票据", "参考号", "案卷", "档案号", "学号",
    "order", "order no", "order number", "order id", "invoice", "ticket", "tracking", "version", "upgrade", "upgraded", "upgrade to", "upgraded to", "downgrade", "rollback", "release", "build", "sku", "serial", "batch",
    "transaction", "txn", "reference", "ref", "part no", "part number", "model", "uuid", "guid", "hash", "sha*", "md5", "commit",
    "checksum", "timestamp", "epoch", "port", "isbn", "issn", "doi", "ean", "upc", "gtin", "barcode", "price", "amount", "total", "sum", "count",
    "quantity", "qty", "revision", "firmware", "case no", "case number", "parcel", "shipment", "waybill", "booking", "article", "item", "product",
    "bestell*", "rechnung*", "auftrag*", "sendung*", "artikel*", "vorgang*", "aktenzeichen", "lieferschein*", "chargen*", "seriennummer",
    "referenz*", "betrag", "summe", "preis", "trace", "trace id", "request id", "session id", "job", "run", "seed", "offset", "pid", "tid",
)  # fmt: skip
