"""Documents of a made-up business, one for each thing that can go wrong on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from chalicelib.documents import (
    AllocationView,
    BankView,
    DiscountView,
    DocumentKind,
    DocumentState,
    InvoiceView,
    LineView,
    MethodKind,
    MethodView,
    PageSize,
    PartyView,
    ReceiptView,
    SettlementKind,
    SettlementView,
    StatementView,
    TaxView,
)
from chalicelib.domain.dates import Period, add_months
from chalicelib.domain.statement import Aging, LineKind, Statement, StatementLine

RENDERED_AT = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 10, 1))
VISA = MethodView(MethodKind.CARD, brand="visa", last4="4242")

ISSUER = PartyView(
    name="Harbour & Pine Ltd",
    address_lines=("14 Sir John Rogerson’s Quay", "Dublin D02 XY45", "Ireland"),
    tax_id="VAT IE 6388047V",
    registration="Company no. 512093",
    email="billing@harbourpine.example",
)
BUYER = PartyView(
    name="Müller & Łukasz Handels GmbH",
    address_lines=("Große Bäckerstraße 7, 2. OG", "20095 Hamburg", "Germany"),
    attention="株式会社サクラ / عربي محمد",
    tax_id="VAT DE 129273398",
)
BANK = BankView(
    account_name="Harbour & Pine Ltd", iban="IE29 AIBK 9311 5212 3456 78", bic="AIBKIE2D"
)


def line(
    description: str,
    quantity: str,
    unit: str,
    amount: int,
    percent: str | None = "23",
    discount: str | None = None,
    variant: str | None = None,
    period: Period | None = OCTOBER,
) -> LineView:
    """One line; a discount in per cent is worked out from the price before it."""
    before = int(Decimal(quantity) * Decimal(unit))
    return LineView(
        description,
        amount,
        quantity=Decimal(quantity),
        unit_amount=Decimal(unit),
        variant=variant,
        period=period,
        discount_amount=before - amount if discount else 0,
        discount_percent=Decimal(discount) if discount else None,
        tax_percent=Decimal(percent) if percent else None,
    )


LINES = (
    line("Platform subscription", "1", "49900", 49900, variant="Business plan"),
    line("Additional seats", "18", "1200", 19440, discount="10"),
    line("API calls, metered", "1284310", "0.04", 51372, period=SEPTEMBER),
    line("Data retention add-on, 24 months", "1", "12000", 12000),
    line("Priority support", "1", "25000", 20000, discount="20"),
    line("Proration: upgrade Team → Business", "1", "14933", 14933, period=SEPTEMBER),
    line("Onboarding workshop (Zoë Müller, remote)", "2", "45000", 90000, period=None),
    line("Łukasz Żółć — data migration, hours", "11", "9500", 104500, period=None),
    line("Localisation pack 株式会社サクラ商事", "1", "8000", 8000),
    line("Localisation pack شركة النور للتجارة", "1", "8000", 8000),
    line("Printed quick-start guides", "40", "450", 18000, percent="13.5", period=None),
    line("Training books (zero-rated)", "6", "2900", 17400, percent="0", period=None),
)
SUBTOTAL = sum(one.amount for one in LINES)
TAXES = (
    TaxView("VAT", Decimal(23), 378145, 86973),
    TaxView("VAT", Decimal("13.5"), 18000, 2430),
    TaxView("VAT", Decimal(0), 17400, 0),
)
TOTAL = SUBTOTAL + 86973 + 2430

INVOICE = InvoiceView(
    number="INV-2026-00418",
    issuer=ISSUER,
    bill_to=BUYER,
    currency="EUR",
    locale="en-IE",
    issued_on=date(2026, 10, 1),
    due_on=date(2026, 10, 31),
    net_days=30,
    purchase_order="PO-77-1903",
    period=OCTOBER,
    rendered_at=RENDERED_AT,
    lines=LINES,
    subtotal=SUBTOTAL,
    taxes=TAXES,
    total=TOTAL,
    settlements=(
        SettlementView(SettlementKind.CREDIT_NOTE, 15000, date(2026, 10, 2), "CN-2026-0007"),
        SettlementView(SettlementKind.PAYMENT, 50000, date(2026, 10, 3), method=VISA),
    ),
    balance=TOTAL - 65000,
    pay_url="https://pay.harbourpine.example/i/7Kq2mZ9xTq",
    bank=BANK,
    notes="Thank you for your business. Please quote the invoice number with your payment. "
    "Interest of 8% over the ECB base rate applies to overdue balances (S.I. 580/2012).",
)

LAST_PAYMENT = SettlementView(SettlementKind.PAYMENT, TOTAL, date(2026, 10, 12), method=VISA)
PAID = replace(
    INVOICE,
    state=DocumentState.PAID,
    settlements=(LAST_PAYMENT,),
    balance=0,
    paid_on=date(2026, 10, 12),
    paid_by=VISA,
)

PAID_IN_PARTS = replace(
    PAID, settlements=(*INVOICE.settlements, replace(LAST_PAYMENT, amount=TOTAL - 65000))
)

TWO_PAGES = replace(
    INVOICE,
    lines=LINES * 3,
    subtotal=SUBTOTAL * 3,
    discounts=(DiscountView("Loyalty discount", 10000),),
    total=SUBTOTAL * 3 - 10000 + 86973 + 2430,
    balance=SUBTOTAL * 3 - 10000 + 86973 + 2430,
    settlements=(),
    state=DocumentState.OVERDUE,
)

CREDIT_NOTE = replace(
    INVOICE,
    kind=DocumentKind.CREDIT_NOTE,
    number="CN-2026-0007",
    credited_invoice="INV-2026-00418",
    lines=(LineView("Priority support, not delivered", 12195, tax_percent=Decimal(23)),),
    subtotal=12195,
    taxes=(TaxView("VAT", Decimal(23), 12195, 2805),),
    total=15000,
    settlements=(
        SettlementView(SettlementKind.APPLIED, 15000, date(2026, 10, 2), "INV-2026-00418"),
    ),
    balance=0,
    due_on=None,
    net_days=None,
)

SCRIPTS = (
    "日本語 株式会社サクラ",
    "简体中文 上海贸易有限公司",
    "한국어 주식회사 서울",
    "العربية شركة النور",
    "עברית חברת השלום",
    "ไทย บริษัท กรุงเทพ",
    "हिन्दी क्षत्रिय व्यापार",
    "বাংলা ঢাকা কোম্পানি",
    "தமிழ் நிறுவனம்",
    "తెలుగు సంస్థ",
    "ગુજરાતી વેપાર",
    "ਪੰਜਾਬੀ ਵਪਾਰ",
    "ಕನ್ನಡ ಸಂಸ್ಥೆ",
    "മലയാളം കമ്പനി",
    "සිංහල සමාගම",
    "ქართული კომპანია",
    "Հայերեն ընկերություն",
    "አማርኛ ኩባንያ",
    "ខ្មែរ ក្រុមហ៊ុន",
    "ລາວ ບໍລິສັດ",
    "မြန်မာ ကုမ္ပဏီ",
    "Ελληνικά Εταιρεία",
    "Русский Компания",
    "Tiếng Việt Công ty",
    "བོད་ཡིག",
    "Emoji 😀 👩‍💻 🇮🇪 ❤️ ✔",
    "Symbols ™ € ₿ № ½ → ∑ 𝐀",
)
MANY_SCRIPTS = replace(
    INVOICE,
    bill_to=replace(BUYER, name="サクラ商事 שלום Łukasz 😀", attention="समीर / محمد / 김철수"),
    lines=tuple(LineView(script, 100) for script in SCRIPTS),
    subtotal=100 * len(SCRIPTS),
    taxes=(),
    total=100 * len(SCRIPTS),
    settlements=(),
    balance=100 * len(SCRIPTS),
)


def plain(currency: str, amount: int, locale: str, *, state: DocumentState) -> InvoiceView:
    """A one-line invoice in another currency and language."""
    return replace(
        INVOICE,
        currency=currency,
        locale=locale,
        lines=(LineView("Platform subscription", amount, period=OCTOBER),),
        subtotal=amount,
        taxes=(),
        total=amount,
        settlements=(),
        balance=amount,
        state=state,
    )


YEN = plain("JPY", 1284310, "de-DE", state=DocumentState.OPEN)
DINAR = plain("KWD", 1284315, "fr-FR", state=DocumentState.DRAFT)
LETTER = replace(
    plain("USD", 8900, "en-US", state=DocumentState.OPEN),
    page_size=PageSize.US_LETTER,
    taxes=(TaxView("Sales tax", Decimal("8.875"), 8900, 790),),
    total=9690,
    balance=9690,
    paid_by=VISA,
    charge_on=date(2026, 10, 31),
    bank=BankView(bank_name="First Harbor Bank", routing_number="021000021", account_number="0001"),
)

RECEIPT = ReceiptView(
    number="RCT-2026-00991",
    issuer=ISSUER,
    received_from=BUYER,
    currency="EUR",
    locale="en-IE",
    rendered_at=RENDERED_AT,
    amount=50000,
    paid_on=date(2026, 10, 3),
    method=VISA,
    transaction_id="pi_3QxYz2AbCdEfGhIj0KlMnOpQ",
    allocations=(AllocationView("INV-2026-00418", TOTAL, 50000, TOTAL - 65000, date(2026, 10, 1)),),
    portal_url="https://pay.harbourpine.example/r/7Kq2mZ9xTq",
)


def statement_line(
    day: int, kind: LineKind, charge: int, credit: int, balance: int, reference: str = ""
) -> StatementLine:
    due_on = date(2026, 10, day) + timedelta(days=30) if kind is LineKind.INVOICE else None
    return StatementLine(
        on=date(2026, 10, day),
        kind=kind,
        charge=charge,
        credit=credit,
        balance=balance,
        reference=reference,
        invoice_id="inv_1",
        payment_id=None,
        due_on=due_on,
    )


STATEMENT = StatementView(
    issuer=ISSUER,
    to=BUYER,
    customer_number="C-1815",
    locale="en-IE",
    rendered_at=RENDERED_AT,
    statement=Statement(
        currency="EUR",
        from_on=date(2026, 10, 1),
        to_on=date(2026, 10, 31),
        opening=124900,
        lines=(
            statement_line(1, LineKind.INVOICE, 504948, 0, 629848, "INV-2026-00418"),
            statement_line(2, LineKind.CREDIT_NOTE, 0, 15000, 614848, "CN-2026-0007"),
            statement_line(3, LineKind.PAYMENT, 0, 50000, 564848, "INV-2026-00418"),
            statement_line(9, LineKind.PAYMENT, 0, 124900, 439948, "Cheque 100481"),
            statement_line(16, LineKind.PAYMENT_REVERSED, 124900, 0, 564848, "Cheque 100481"),
            statement_line(20, LineKind.REFUND, 8000, 8000, 564848, "INV-2026-00377"),
            statement_line(28, LineKind.WRITE_OFF, 0, 4900, 559948, "INV-2026-00102"),
        ),
        closing=559948,
        aging=Aging(439948, 0, 60000, 40000, 22500, 2500),
        last_at=RENDERED_AT,
    ),
)
SETTLED = replace(
    STATEMENT,
    locale="de-DE",
    statement=replace(STATEMENT.statement, opening=0, lines=(), closing=0, aging=Aging()),
)
IN_FAVOUR = replace(
    STATEMENT,
    locale="fr-FR",
    page_size=PageSize.US_LETTER,
    statement=replace(
        STATEMENT.statement, opening=-2500, lines=(), closing=-2500, aging=Aging(credit=2500)
    ),
)
LONG_STATEMENT = replace(
    STATEMENT,
    locale="es-ES",
    statement=replace(
        STATEMENT.statement,
        opening=0,
        lines=tuple(
            statement_line(
                1 + number // 3, LineKind.INVOICE, 8900, 0, 8900 * (number + 1), f"INV-{number:05d}"
            )
            for number in range(60)
        ),
        closing=534000,
        aging=Aging(not_due=534000),
    ),
)


def member_lines(name: str, product: str, count: int) -> tuple[LineView, ...]:
    """A member's periods, month by month, on a group's invoice."""
    first = date(2024, 1, 1)
    return tuple(
        LineView(
            product,
            8900 + 100 * number,
            unit_amount=Decimal(8900 + 100 * number),
            variant="16 GB, 1 TB",
            customer_name=name,
            period=Period(add_months(first, number), add_months(first, number + 1)),
            tax_percent=Decimal(20),
        )
        for number in range(count)
    )


MEMBERS = (
    "Prof. Dr. Maximiliane-Friederike Freifrau von und zu Donnersmarck-Löwenstein, Abteilung Süd",
    "محمد عبد الرحمن بن خالد الأنصاري",
    "欧阳娜娜・株式会社さくら情報システム開発研究所 東京本社",
)


def group_invoice(*counts: int) -> InvoiceView:
    """A consolidated invoice: so many lines for each of three members."""
    lines = tuple(
        line
        for name, count in zip(MEMBERS, counts, strict=False)
        for line in member_lines(name, "Laptop Pro 14 with support", count)
    )
    subtotal = sum(one.amount for one in lines)
    tax = subtotal // 5
    return replace(
        INVOICE,
        number="INV-2026-00419",
        lines=lines,
        subtotal=subtotal,
        discounts=(),
        taxes=(TaxView("VAT", Decimal(20), subtotal, tax),),
        total=subtotal + tax,
        balance=subtotal + tax,
        settlements=(),
        period=Period(date(2024, 1, 1), date(2025, 9, 1)),
    )


GROUP = group_invoice(20, 20, 20)
