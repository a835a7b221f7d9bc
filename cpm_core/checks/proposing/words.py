"""What tables, columns and values are called in files: English, Chinese, German, some French and Spanish."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

_CUSTOMER = (
    "customer id|customer|customer number|customer no|customer code|client id|client|client number|account id|account|"
    "account number|buyer id|buyer|member id|member|user id|user|shopper id|cust id|cust no|contact id|"
    "kundennummer|kunden nr|kundennr|kunde|kunden id|kundenkonto|debitor|debitorennummer|mitgliedsnummer|"
    "客户编号|客户id|客户号|客户代码|客户编码|客户|会员编号|会员号|会员id|会员|用户id|用户编号|买家id|买家|顾客编号|顾客|"
    "client no|numero client|code client|cliente|codigo cliente|id cliente"
)
_ORDER = (
    "order id|order number|order no|order|order ref|invoice|invoice no|invoice number|invoice id|transaction id|"
    "transaction|receipt no|receipt number|receipt|sale id|document number|bill no|booking id|"
    "bestellnummer|bestell nr|bestellung|auftragsnummer|auftrag|auftrags nr|belegnummer|beleg nr|beleg|rechnungsnummer|"
    "rechnungs nr|rechnung|vorgangsnummer|bon nr|"
    "订单编号|订单号|订单id|订单|单号|发票号|发票编号|交易号|流水号|小票号|"
    "numero commande|commande|numero facture|pedido|numero pedido|factura"
)
_AMOUNT = (
    "amount|total|total amount|order total|order amount|net amount|gross amount|sales|revenue|value|order value|sum|"
    "line total|grand total|total price|payment|paid|net value|net sales|turnover|"
    "betrag|gesamtbetrag|summe|umsatz|bruttobetrag|nettobetrag|rechnungsbetrag|wert|bestellwert|auftragswert|erlos|"
    "金额|总金额|订单金额|实付金额|支付金额|销售额|成交金额|总额|总价|小计|合计|"
    "montant|montant total|importe|importe total"
)
_QUANTITY = "quantity|qty|units|pieces|count|items|menge|anzahl|stuckzahl|stuck|数量|件数|销量|quantite|cantidad"
PRICE = "unit price|price|item price|list price|einzelpreis|preis|stuckpreis|单价|价格|售价|prix unitaire|prix|precio"
_REGION = (
    "region|country|state|province|city|area|territory|location|store|branch|market|land|bundesland|gebiet|ort|stadt|"
    "filiale|vertriebsgebiet|地区|区域|省份|省|城市|国家|大区|门店|pays|ville|pais|ciudad"
)
_CHANNEL = (
    "channel|sales channel|source|medium|platform|contact channel|origin|kanal|vertriebskanal|vertriebsweg|"
    "verkaufskanal|quelle|herkunft|渠道|销售渠道|来源|平台|canal"
)
_CATEGORY = (
    "category|product category|product group|department|topic|subject category|kategorie|warengruppe|produktgruppe|"
    "sparte|thema|类别|品类|分类|商品类别|categorie|categoria"
)
_UPDATED = "updated at|last updated|modified at|last modified|changed at|geandert am|aktualisiert am|更新时间|修改时间"
_AGENT = "agent|assignee|assigned to|handled by|employee|bearbeiter|mitarbeiter|sachbearbeiter|客服|处理人|坐席|负责人"
_EVENT_AT = (
    "occurred at|date|time|timestamp|datetime|event date|booking date|posting date|created at|datum|zeitpunkt|"
    "buchungsdatum|buchungstag|jour|dia|日期|时间|发生时间|发生日期|创建时间|fecha"
)

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "customers": {
        "customer_id": _CUSTOMER + "|id|nummer|编号",
        "name": "name|customer name|full name|company|company name|client name|firma|kundenname|名称|姓名|客户名称|客户姓名|"
        "公司名称|nom|nombre",
        "email": "email|e mail|mail|email address|mailadresse|邮箱|电子邮件|电子邮箱|邮件|correo",
        "phone": "phone|telephone|mobile|phone number|telefon|handy|mobil|telefonnummer|电话|手机|手机号|联系电话",
        "segment": "segment|customer segment|customer group|tier|level|class|type|customer type|kundengruppe|segment|klasse|"
        "kundensegment|kundentyp|等级|客户等级|会员等级|客户类型|客户分类|级别|分群",
        "industry": "industry|sector|branche|行业|所属行业|secteur|sector",
        "region": _REGION,
        "channel": _CHANNEL + "|acquisition channel|获客渠道|注册渠道",
        "owner": "owner|account manager|sales rep|salesperson|rep|betreuer|kundenbetreuer|vertriebler|客户经理|销售|负责人|业务员",
        "created_at": "created at|created|registered at|registration date|signup date|sign up date|joined|join date|"
        "customer since|since|kunde seit|registriert am|angelegt am|anlagedatum|registrierungsdatum|erstellt am|"
        "注册日期|注册时间|创建时间|创建日期|建档日期|开户日期|入会时间",
        "referred_by": "referred by|referrer|referral|geworben von|empfohlen von|推荐人",
        "updated_at": _UPDATED,
    },
    "orders": {
        "order_id": _ORDER + "|id|nummer|编号",
        "customer_id": _CUSTOMER,
        "ordered_at": "ordered at|order date|order time|invoice date|purchase date|purchased at|date|sale date|sold at|"
        "transaction date|timestamp|created at|order datetime|day|"
        "bestelldatum|auftragsdatum|belegdatum|rechnungsdatum|kaufdatum|datum|bestellt am|verkaufsdatum|"
        "下单时间|下单日期|订单日期|订单时间|购买日期|交易时间|交易日期|支付时间|付款时间|日期|时间|创建时间|成交时间|"
        "date commande|date facture|jour|fecha|fecha pedido|dia",
        "amount": _AMOUNT,
        "kind": "kind|type|order type|transaction type|document type|belegart|art|vorgangsart|typ|auftragsart|"
        "类型|订单类型|交易类型|单据类型|type document|tipo",
        "cost": "cost|costs|cogs|cost of goods|total cost|cost amount|kosten|wareneinsatz|einstandswert|einkaufswert|"
        "成本|商品成本|总成本|cout|coste",
        "channel": _CHANNEL,
        "category": _CATEGORY,
        "quantity": _QUANTITY,
        "updated_at": _UPDATED,
    },
    "order_lines": {
        "order_id": _ORDER,
        "ordered_at": "order date|invoice date|belegdatum|bestelldatum|rechnungsdatum|下单时间|订单日期",
        "line_no": "line no|line|line number|line id|position|pos|posten|positionsnummer|item no|行号|序号|明细号",
        "product_id": "product id|product|product code|sku|item|item id|item code|stock code|article|article no|asin|"
        "artikelnummer|artikel|artikel nr|produkt|produktnummer|商品编号|商品编码|商品|商品id|产品编号|产品|货号|sku编码|"
        "produit|reference|producto",
        "category": _CATEGORY,
        "quantity": _QUANTITY,
        "unit_price": PRICE,
        "amount": _AMOUNT + "|line amount|positionsbetrag|zeilenbetrag",
        "updated_at": _UPDATED,
    },
    "tickets": {
        "ticket_id": "ticket id|ticket|ticket number|ticket no|case id|case number|case|request id|issue id|id|"
        "ticketnummer|ticket nr|vorgangsnummer|fallnummer|anfragenummer|工单编号|工单号|工单id|工单|单号|编号|投诉编号",
        "customer_id": _CUSTOMER + "|requester id|requester",
        "opened_at": "opened at|opened|created at|created|open date|creation date|received at|submitted at|date|"
        "eroffnet am|erstellt am|eingegangen am|erfasst am|eingang|eroffnungsdatum|datum|"
        "创建时间|创建日期|提交时间|建单时间|受理时间|开单时间|日期|报修时间|投诉时间",
        "first_response_at": "first response at|first response|first reply at|first reply|responded at|response time|"
        "first responded at|erste antwort|erste antwort am|erstantwort|erstreaktion|beantwortet am|"
        "首次响应时间|首次回复时间|响应时间|首响时间|首次答复时间",
        "resolved_at": "resolved at|resolved|resolution date|solved at|solved|resolution time|fixed at|gelost am|"
        "erledigt am|losungsdatum|解决时间|解决日期|处理完成时间|完成时间|办结时间",
        "closed_at": "closed at|closed|close date|geschlossen am|abgeschlossen am|关闭时间|关单时间|结单时间",
        "waiting_hours": "waiting hours|on hold hours|pending hours|wartezeit|等待时长|挂起时长",
        "reopened_count": "reopened count|reopen count|reopens|reopened|wiedereroffnungen|重开次数|重新打开次数",
        "kind": "kind|type|ticket type|case type|request type|art|typ|anfrageart|vorgangsart|工单类型|类型|诉求类型|问题类型",
        "category": _CATEGORY + "|问题分类",
        "priority": "priority|urgency|severity|prioritat|dringlichkeit|优先级|紧急程度",
        "channel": _CHANNEL + "|via",
        "team": "team|group|queue|department|support group|gruppe|abteilung|处理小组|小组|团队|组别|部门|技能组",
        "agent": _AGENT,
        "updated_at": _UPDATED,
    },
    "surveys": {
        "response_id": "response id|survey id|answer id|id|feedback id|antwort id|umfrage id|umfragenummer|befragungs nr|"
        "问卷编号|问卷id|问卷号|答卷编号|答卷id|评价编号|编号",
        "customer_id": _CUSTOMER + "|respondent|respondent id",
        "sent_at": "sent at|sent|send date|sent date|invited at|invitation date|asked at|versendet am|gesendet am|"
        "versanddatum|einladung am|发送时间|发送日期|发出时间|邀请时间",
        "responded_at": "responded at|responded|response date|answered at|answer date|completed at|submitted at|date|"
        "response time|beantwortet am|antwortdatum|geantwortet am|antwort am|datum|"
        "答复时间|回复时间|作答时间|提交时间|回答时间|评价时间|填写时间|日期",
        "kind": "kind|survey type|question type|metric|type|question|umfrageart|fragetyp|art|typ|问卷类型|题目类型|调查类型|类型",
        "score": "score|rating|answer|points|csat|nps|ces|satisfaction|stars|note|bewertung|punkte|zufriedenheit|sterne|"
        "评分|得分|分数|满意度|打分|星级|nps评分|"
        "推荐分|how likely|recommend|how satisfied|satisfied|weiterempfehlen|zufrieden|推荐|满意",
        "scale_min": "scale min|min score|minimum|skala min|最低分",
        "scale_max": "scale max|max score|maximum|skala max|满分|最高分",
        "touchpoint": "touchpoint|journey stage|occasion|kontaktpunkt|anlass|触点|接触点|场景",
        "channel": _CHANNEL,
        "ticket_id": "ticket id|ticket|ticket number|case id|ticketnummer|工单编号|工单号",
        "order_id": "order id|order number|order|bestellnummer|auftragsnummer|订单编号|订单号",
        "comment": "comment|comments|feedback|text|remark|verbatim|kommentar|bemerkung|freitext|评语|评论|意见|留言|反馈|备注",
        "updated_at": _UPDATED,
    },
    "interactions": {
        "interaction_id": "interaction id|activity id|call id|contact id|touch id|visit id|id|kontaktnummer|aktivitats id|"
        "互动编号|联系编号|记录编号|活动编号|通话编号|编号",
        "customer_id": _CUSTOMER,
        "occurred_at": _EVENT_AT
        + "|contact date|call date|visit date|activity date|kontaktdatum|联系时间|联系日期|拜访日期|互动时间|通话时间",
        "kind": "kind|type|activity type|contact type|interaction type|art|typ|kontaktart|aktivitatsart|互动类型|联系方式|类型|活动类型",
        "direction": "direction|richtung|方向|呼入呼出",
        "channel": _CHANNEL,
        "campaign": "campaign|campaign name|kampagne|营销活动|活动|活动名称",
        "agent": _AGENT,
        "cost": "cost|costs|kosten|费用|成本",
        "updated_at": _UPDATED,
    },
    "subscriptions": {
        "subscription_id": "subscription id|subscription|contract id|contract number|contract no|contract|agreement id|id|"
        "vertragsnummer|vertrags nr|vertrag|abonummer|abo id|abo|合同编号|合同号|订阅编号|订阅id|合约编号|编号",
        "customer_id": _CUSTOMER,
        "started_at": "started at|start date|start|valid from|begin|contract start|effective date|beginn|vertragsbeginn|"
        "startdatum|gultig ab|von|开始日期|开始时间|生效日期|起始日期|合同开始日期",
        "ended_at": "ended at|end date|end|valid to|valid until|cancelled at|termination date|expiry date|contract end|"
        "ende|vertragsende|enddatum|gultig bis|bis|gekundigt zum|结束日期|结束时间|到期日|到期日期|终止日期",
        "monthly_amount": "monthly amount|mrr|monthly fee|monthly price|monthly revenue|price per month|amount|fee|"
        "monatsbetrag|monatlich|monatspreis|monatsgebuhr|monatlicher betrag|月费|月金额|月租|每月金额|月服务费",
        "plan": "plan|product|package|tariff|edition|tarif|paket|produkt|套餐|方案|产品|版本",
        "end_reason": "end reason|churn reason|cancellation reason|kundigungsgrund|endgrund|终止原因|退订原因|流失原因",
        "updated_at": _UPDATED,
    },
    "points": {
        "entry_id": "entry id|transaction id|ledger id|id|buchungsnummer|buchungs id|流水号|流水编号|积分流水号|编号",
        "customer_id": _CUSTOMER,
        "occurred_at": _EVENT_AT,
        "points": "points|point|miles|bonus points|punkte|bonuspunkte|meilen|积分|积分变动|变动积分|分值",
        "kind": "kind|type|transaction type|entry type|art|typ|buchungsart|类型|变动类型|积分类型",
        "updated_at": _UPDATED,
    },
    "costs": {
        "cost_id": "cost id|id|document number|belegnummer|编号|凭证号|单据号",
        "occurred_at": _EVENT_AT,
        "center": "center|cost center|cost centre|department|kostenstelle|abteilung|成本中心|部门",
        "amount": _AMOUNT + "|cost|costs|kosten|费用|成本",
        "updated_at": _UPDATED,
    },
}
"""Names of each base table's columns, the usual ones first."""

TABLES: Mapping[str, str] = {
    "customers": "customers|customer|clients|accounts|members|users|crm|customer master|kunden|kundenstamm|stammdaten|debitoren|"
    "客户档案|客户|会员|用户|客户信息|客户表|顾客|clientes",
    "orders": "orders|order|sales|invoices|purchases|transactions|shop|retail|bestellungen|auftrage|verkaufe|umsatze|rechnungen|"
    "belege|订单|销售|交易|发票|销售记录|commandes|ventas|pedidos",
    "order_lines": "order lines|order items|line items|lines|items|positions|invoice lines|bestellpositionen|positionen|"
    "auftragspositionen|订单明细|明细|销售明细|商品明细",
    "tickets": "tickets|ticket|cases|requests|support|complaints|service|helpdesk|anfragen|beschwerden|reklamationen|"
    "工单|投诉|服务单|客服|客服工单",
    "surveys": "surveys|survey|feedback|ratings|nps|csat|ces|satisfaction|umfrage|umfragen|befragung|bewertungen|zufriedenheit|"
    "问卷|满意度|满意度调查|评价|调查|回访",
    "interactions": "interactions|contacts|activities|calls|visits|touches|campaigns|kontakte|aktivitaten|besuche|anrufe|"
    "互动|联系记录|拜访|通话|活动记录|互动记录",
    "subscriptions": "subscriptions|subscription|contracts|contract|agreements|mrr|abos|abonnements|vertrage|合同|订阅|合约",
    "points": "points|loyalty|loyalty points|bonus|punkte|treuepunkte|bonuspunkte|积分|积分流水|会员积分",
    "costs": "costs|cost|expenses|spend|kosten|ausgaben|aufwand|成本|费用|支出",
}
"""What files and sheets of each base table are called."""

CURRENCY = "currency|currency code|wahrung|waehrung|币种|货币|devise|moneda"
ANNUAL = "annual amount|arr|yearly amount|annual fee|acv|jahresbetrag|jahrespreis|年费|年金额|合同年额"

RETURNS = (
    "return|returns|returned|refund|refunded|credit|credit note|credit memo|storno|gutschrift|ruckgabe|retoure|"
    "rucksendung|erstattung|退货|退款|退单|退换|红冲|retour|remboursement|devolucion"
)
SALES = (
    "sale|sales|order|invoice|purchase|standard|normal|rechnung|verkauf|bestellung|auftrag|销售|订单|正常|购买|销售单|"
    "普通订单|vente|venta"
)
COMPLAINTS = "complaint|complaints|claim|grievance|beschwerde|reklamation|beanstandung|投诉|抱怨|reclamation|queja"
QUESTIONS = "question|inquiry|enquiry|request|info|anfrage|frage|auskunft|咨询|询问|问询|咨询类"
SURVEY_KINDS: Mapping[str, str] = {
    "csat": "csat|satisfaction|customer satisfaction|zufriedenheit|满意度|客户满意度",
    "nps": "nps|net promoter|net promoter score|recommendation|weiterempfehlung|推荐|净推荐值|推荐度",
    "ces": "ces|effort|customer effort|aufwand|费力度|客户费力度",
}
POINT_KINDS: Mapping[str, str] = {
    "earn": "earn|earned|accrual|credit|gutschrift|gesammelt|获得|发放|增加|累积|获取",
    "redeem": "redeem|redeemed|redemption|burn|spend|eingelost|einlosung|使用|兑换|消费|抵扣|扣减",
    "expire": "expire|expired|expiry|expiration|verfallen|verfall|过期|失效|到期",
    "adjust": "adjust|adjustment|correction|manual|korrektur|anpassung|调整|修正|人工调整",
}


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a name: case, accents, camel case and signs between words do not count."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    bare = "".join(c for c in unicodedata.normalize("NFKD", split) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", bare.casefold().replace("ß", "ss")))


@lru_cache(maxsize=4096)
def joined(text: str) -> str:
    """The words of a name in one."""
    return "".join(tokens(text))


@lru_cache(maxsize=1024)
def listed(words: str) -> tuple[str, ...]:
    """The names in a list of words."""
    return tuple(dict.fromkeys(words.split("|")))


def is_one_of(value: str, words: str) -> bool:
    """Whether a value is one of the words, or holds one of the longer ones."""
    name = joined(value)
    return any(
        joined(one) == name or (len(joined(one)) >= 4 and joined(one) in name) or (_chinese(one) and one in value)
        for one in listed(words)
    )


def likeness(name: str, words: str) -> float:
    """How much a column's name looks like one of the names, from 0 to 1; earlier names count for a little more."""
    mine, whole = set(tokens(name)), joined(name)
    best = 0.0
    for place, one in enumerate(listed(words)):
        theirs, other = set(tokens(one)), joined(one)
        if whole == other:
            found = 1.0
        elif _chinese(one) and len(one) >= 2 and one in name:
            found = 0.6 + 0.25 * len(one) / len(name)
        elif len(theirs) > 1 and theirs <= mine:
            found = 0.85
        elif len(other) >= 5 and (whole.startswith(other) or whole.endswith(other)):
            found = 0.55 + 0.25 * len(other) / len(whole)
        elif len(other) >= 3 and theirs <= mine:
            found = 0.6
        else:
            found = 0.0
        best = max(best, found - 0.002 * place if found else 0.0)
    return best


def _chinese(text: str) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", text))
