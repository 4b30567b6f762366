"""Who the demo's customers are: names in every script the documents can write, by place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer lives, how mails to them are written, and what people are called there."""

    language: str
    country: str
    city: str
    postal_code: str
    street: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    family_first: bool = False

    def person(self, number: int) -> tuple[str, str]:
        """Given and family name of the n-th one here."""
        family = self.family[number // len(self.given) % len(self.family)]
        return self.given[number % len(self.given)], family

    def full_name(self, number: int) -> str:
        given, family = self.person(number)
        return f"{family} {given}" if self.family_first else f"{given} {family}"


def _place(text: str, *, family_first: bool = False) -> Place:
    language, country, city, postal_code, street, given, family = text.split("|")
    return Place(
        language, country, city, postal_code, street,
        tuple(given.split()), tuple(family.split()), family_first,
    )  # fmt: skip


PLACES = (
    _place("en-US|US|Portland|04101|Commercial Street|Ada Grace Maya Otis|Byron Hopper Quinn Vega"),
    _place("en-US|US|San Antonio|78205|Navarro Street|José Inés Raúl|Peña Núñez Muñoz"),
    _place("en-GB|GB|Leeds|LS1 4AP|Park Row|Alfie Niamh Rhys|O'Hara Llewellyn Ng"),
    _place("de-DE|DE|Köln|50667|Domstraße|Jürgen Käthe Björn|Müller Weiß Größer"),
    _place("fr-FR|FR|Besançon|25000|rue Émile|Chloé Loïc Anaïs|Lefèvre Gaëtan Œuvrard"),
    _place("es-ES|ES|Logroño|26001|Calle Mayor|Lucía Iñaki Begoña|Fernández Zúñiga Güell"),
    _place("pl-PL|PL|Łódź|90-001|ulica Piękna|Zofia Łukasz Święto|Wiśniewska Żółć Dąbrowski"),
    _place("cs-CZ|CZ|Plzeň|301 00|Náměstí|Jiří Šárka Anežka|Dvořák Kučera Říha"),
    _place("hu-HU|HU|Győr|9021|Fő utca|Zsófia Ákos Örs|Szűcs Nagy Őze", family_first=True),
    _place("tr-TR|TR|İzmir|35210|Gül Sokak|Çağla Işık Ömer|Yılmaz Şahin Öztürk"),
    _place("vi-VN|VN|Huế|530000|Lê Lợi|Hương Tuấn Phượng|Nguyễn Trần Đặng", family_first=True),
    _place("is-IS|IS|Ísafjörður|400|Aðalstræti|Þóra Ægir Björk|Sigurðsson Guðmundsdóttir"),
    _place("el-GR|GR|Θεσσαλονίκη|546 24|Οδός Αγίου|Ελένη Νίκος Άννα|Παπαδοπούλου Ξενάκης"),
    _place("uk-UA|UA|Київ|01001|вулиця Садова|Їлія Ганна Євген|Шевченко Ґудзь Щербак"),
    _place("sr-RS|RS|Нови Сад|21000|Улица Ђуре|Љиљана Њего Џемал|Ђорђевић Ћосић"),
    _place("ka-GE|GE|თბილისი|0105|რუსთაველი|ნინო გიორგი თამარ|მაისურაძე კაპანაძე"),
    _place("hy-AM|AM|Երևան|0010|Աբովյան|Անահիտ Տիգրան Լուսինե|Պետրոսյան Հակոբյան"),
    _place("he-IL|IL|תל אביב|6100000|רחוב הרצל|נועה איתי שירה|כהן לוי מזרחי"),
    _place("ar-EG|EG|القاهرة|11511|شارع النيل|ليلى يوسف نور|الحداد المصري منصور"),
    _place("fa-IR|IR|تهران|11369|خیابان ولیعصر|پریسا کیان گلناز|رضایی چگینی پژمان"),
    _place("ur-PK|PK|لاہور|54000|مال روڈ|زینب ٹیپو|قریشی بھٹی"),
    _place("hi-IN|IN|दिल्ली|110001|जनपथ|आशा विक्रम श्रेया|शर्मा द्विवेदी कृष्णन"),
    _place("bn-BD|BD|ঢাকা|1000|মিরপুর রোড|অনন্যা রফিক|চক্রবর্তী হোসেন"),
    _place("pa-IN|IN|ਅੰਮ੍ਰਿਤਸਰ|143001|ਲਾਰੈਂਸ ਰੋਡ|ਗੁਰਪ੍ਰੀਤ ਹਰਜੋਤ|ਸਿੰਘ ਕੌਰ"),
    _place("gu-IN|IN|સુરત|395003|રિંગ રોડ|કિંજલ હર્ષ|પટેલ દેસાઈ"),
    _place("or-IN|IN|କଟକ|753001|ଲିଙ୍କ ରୋଡ|ସୁବ୍ରତ ଲିପି|ମହାନ୍ତି ଦାସ"),
    _place("ta-IN|IN|சென்னை|600001|அண்ணா சாலை|கயல்விழி முருகன்|சுப்ரமணியம் ஐயர்"),
    _place("te-IN|IN|విజయవాడ|520001|గాంధీ రోడ్|లక్ష్మి శ్రీను|రెడ్డి కృష్ణమూర్తి"),
    _place("kn-IN|IN|ಮೈಸೂರು|570001|ಅರಮನೆ ರಸ್ತೆ|ಚೈತ್ರಾ ಗೌತಮ್|ಶೆಟ್ಟಿ ಹೆಗ್ಡೆ"),
    _place("ml-IN|IN|കൊച്ചി|682001|ബ്രോഡ്‌വേ|അഞ്ജലി ഉണ്ണി|നമ്പ്യാർ കുര്യൻ"),
    _place("si-LK|LK|කොළඹ|00100|ගාලු පාර|තරංගා සුනිල්|ප්‍රනාන්දු ගුණවර්ධන"),
    _place("th-TH|TH|เชียงใหม่|50000|ถนนท่าแพ|สุดา ธนา กมล|วงศ์สวัสดิ์ ศรีสุข"),
    _place("lo-LA|LA|ວຽງຈັນ|01000|ຖະໜົນລ້ານຊ້າງ|ບຸນມີ ນາງດາ|ພົມມະຈັນ ວົງສາ"),
    _place("km-KH|KH|ភ្នំពេញ|12000|មហាវិថី|សុភា ដារា|ចាន់ ឡេង", family_first=True),
    _place("my-MM|MM|ရန်ကုန်|11181|ဗိုလ်ချုပ်လမ်း|အောင် ခိုင်|မြင့် စန္ဒာ"),
    _place("am-ET|ET|አዲስ አበባ|1000|ቦሌ መንገድ|ሰላማዊት ዳዊት|ተስፋዬ ገብረመድህን"),
    _place("ja-JP|JP|東京|100-0001|千代田|花子 太郎 美咲|山田 佐藤 髙橋", family_first=True),
    _place("ko-KR|KR|서울|04524|세종대로|민준 서연 하늘|김 이 박", family_first=True),
    _place("zh-CN|CN|上海|200000|南京路|小明 雅婷 志强|王 李 欧阳", family_first=True),
    _place("zh-TW|TW|臺北|100|忠孝東路|淑芬 家豪|陳 龔", family_first=True),
    _place("bo-CN|CN|ལྷ་ས|850000|བར་སྐོར|བསྟན་འཛིན པད་མ|རྡོ་རྗེ སྒྲོལ་མ"),
    _place("dv-MV|MV|މާލެ|20026|މަޖީދީ|އާމިނަތު އަލީ|އިބްރާހީމް ޝަރީފް"),
    _place("chr-US|US|ᏓᎵᏆ|74464|ᏍᏆᏂ|ᎠᏰᎵ ᏌᎳ|ᏩᏯ ᎤᏬᏗᎨ"),
    _place("iu-CA|CA|ᐃᖃᓗᐃᑦ|X0A 0H0|ᖁᓪᓕᖅ|ᐊᓗᒃ ᒪᓕᒃᑕ|ᖁᐱᕐᕈᐊᓗᒃ ᐊᕐᓇᕐᓗᒃ"),
    _place("zgh-MA|MA|ⴰⴳⴰⴷⵉⵔ|80000|ⴰⵖⴰⵔⴰⵙ|ⵜⵉⵏⵀⵉⵏⴰⵏ ⵉⴷⵉⵔ|ⴰⵎⵣⵉⴰⵏ ⵓⵙⵎⴰⵏ"),
    _place("nqo-GN|GN|ߞߊ߲ߞߊ߲|0020|ߓߟߏ|ߝߊ߲ߕߊ ߛߊ߬ߟߌ|ߞߎߙߎߡߊ߫ ߕߙߊߥߟߋ"),
)
