"""Names of East and South-East Asia. Common given and family names, combined at random: nobody is meant."""

from petition.demo.style import GIVEN_FAMILY, style

STYLES = {
    "ko": style(
        "ko",
        {"{family}{given}": 62, "{family}{first}{second}": 33, "{family}{single}": 3, "{family} {given}": 2},
        family="김 김 김 김 김 이 이 이 이 박 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 전 홍 고"
        " 문 양 손 배 백 허 유 남 심 노 하 곽 성 차 주 우 구 나 민 진 지 엄 채 원 천 방 공 현 함 변 염 여"
        " 추 도 소 석 선 설 마 길 남궁 황보 제갈 선우",
        given="민수 지영 서연 현우 지훈 은경 미경 영숙 정숙 성호 상훈 민지 유진 수진 혜진 지혜 동현 준호"
        " 재현 승현 은영 선영 영희 순자 정자 인숙 미숙 병호 영수 종수 성민 진우 민준 서준 도윤 하은"
        " 서윤 지우 수빈 예린 다은 채원 소영 은주 현정 윤정 혜정 미정 보람 아름 슬기 한솔 새롬 빛나 기영"
        " 경수 용호 창호 광수 석진 인호 옥자 말순 춘희 복순 상철 태영 은비 가람",
        first="민 지 서 현 영 수 정 성 준 동 재 승 상 혜 미 경 선 유 하 태 진 윤 주 예 도 은 종 용",
        second="영 호 우 진 아 연 경 숙 훈 민 빈 미 란 자 식 규 서 선 환 욱 혁",
        single="준 솔 훈 율 건 찬 봄 별",
    ),
    "ko_latn": style(
        "en",
        {
            "{given} {family}": 45,
            "{family} {given}": 20,
            "{western} {family}": 20,
            "{western} {given} {family}": 15,
        },
        family="Kim Kim Kim Lee Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn"
        " Song Ryu Hong Ko Moon Yang Son Bae Baek Heo Yoo Nam Sim Noh Kwak Cha Joo Koo Na Min",
        given="Min-su Ji-young Seo-yeon Hyun-woo Ji-hoon Eun-kyung Mi-kyung Young-sook Sung-ho Sang-hoon"
        " Min-ji Yu-jin Su-jin Hye-jin Dong-hyun Jun-ho Jae-hyun Eun-young Sun-young Kyung-hee Young-hee"
        " Jinwoo Haeun Dayeon Soyoung Hyunjung Boram Areum Kiyoung Inho",
        western="Grace Daniel Esther Hannah Michael Joy Samuel Eunice Paul Sarah David Christine Peter"
        " Jane Andrew Sharon Brian Michelle Stephen Rachel",
    ),
    "ja": style(
        "ja",
        {"{family}{woman}": 26, "{family}{man}": 26, "{family} {woman}": 24, "{family} {man}": 24},
        family="佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林"
        " 斎藤 清水 山崎 森 池田 橋本 阿部 石川 前田 藤田 小川 後藤 岡田 長谷川 村上 近藤 石井 坂本 遠藤"
        " 青木 藤井 西村 太田 三浦 藤原 岡本 松田 中川 中野 原田 小野 田村 竹内 金子 和田 中山 石田 上田"
        " 森田",
        woman="美咲 陽子 恵子 久美子 由美 裕子 真由美 智子 美穂 愛 彩 優子 千尋 恵 直美 和子 幸子 京子"
        " 節子 香織 麻衣 菜々子 さくら あかり ひろみ みゆき かおり エリカ マリ 結衣 千代 文子 弘子 まゆみ",
        man="健 誠 翔太 大輔 拓也 直樹 健太 隆 浩 学 剛 修 豊 清 茂 進 勇 一郎 正 博 和夫 幸雄 達也 亮"
        " 悠斗 蓮 大翔 恵介 俊介 義男 光男 昭 ひろし ケン",
    ),
    "zh_Hant": style(
        "zh_Hant",
        {"{family}{given}": 97, "{family}{single}": 3},
        family="陳 陳 陳 林 林 黃 黃 張 張 李 李 王 吳 劉 蔡 楊 許 鄭 謝 郭 洪 曾 邱 廖 賴 徐 周 葉 蘇 莊"
        " 呂 江 何 蕭 羅 高 潘 簡 朱 鍾 游 彭 詹 胡 施 沈 余 趙 盧 梁 顏 柯 孫 魏 翁 戴 范 方 宋 鄧 杜 侯"
        " 歐陽 司徒",
        given="淑芬 淑惠 美玲 雅婷 怡君 家豪 志明 建宏 志偉 文雄 明宏 雅雯 心怡 佳穎 詩涵 欣怡 宗翰 冠宇"
        " 承恩 柏翰 宜蓁 品妍 麗華 秀英 秀蘭 玉蘭 寶珠 國華 志強 永康 嘉欣 詠詩 嘉慧 家明 偉文 子軒 曉彤"
        " 慧儀 美華 惠玲 信宏 俊宏 佩珊 靜宜 雅惠 婉婷 思穎 育誠 彥廷 宇翔",
        single="敏 明 華 強 芳 玲 傑",
    ),
    "zh_Hans": style(
        "zh_Hans",
        {"{family}{given}": 100},
        family="王 王 王 李 李 李 张 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 罗 高 郑 梁 谢 宋 唐"
        " 许 韩 邓 冯 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆"
        " 范 汪 廖 石 金 欧阳 上官",
        given="伟 芳 敏 静 丽 磊 军 勇 艳 杰 娟 涛 超 霞 刚 桂英 秀兰 玉兰 建国 建华 志强 晓东 晓燕"
        " 海燕 春梅 婷婷 佳怡 雨桐 子涵 浩然 宇轩 欣怡 梓萱 文博 小红 国强 红梅 玉梅 秀珍 建军 海涛 雪梅"
        " 思远 佳慧 志勇",
    ),
    "zh_latn": style(
        "en",
        {"{family} {given}": 70, "{western} {family}": 20, "{western} {family} {given}": 10},
        family="Tan Lim Lee Ng Wong Chan Goh Ong Teo Koh Chua Ho Low Yeo Sim Chia Toh Ang Chong Foo",
        given="Mei_Ling Wei_Ming Siew_Hoon Kok_Leong Hui_Min Jia_Hao Li_Ting Boon_Huat Soo_Cheng Xin_Yi"
        " Yi_Xuan Chee_Keong Bee_Choo Zhi_Hao Pei_Shan",
        western="Joanne Kelvin Adeline Desmond Felicia Benedict Vivian Raymond Serene Gerald",
    ),
    "mn": style(
        "mn",
        {"{father} {given}": 50, "{initial} {given}": 35, "{given}": 15},
        father="Батын Доржийн Ганболдын Цэрэнгийн Баярын Дашийн Очирын Сүхийн Лхагвын Пүрэвийн Нямын Гомбын"
        " Мөнхийн Жамбын Эрдэнийн Төмөрийн",
        initial="Б. Г. Д. Ц. Н. О. С. Л. Э. М. Т. Ж.",
        given="Болормаа Энхтуяа Бат-Эрдэнэ Оюунчимэг Алтанцэцэг Мөнхбат Ганзориг Тэмүүлэн Сарангэрэл"
        " Нарантуяа Цэцэгмаа Отгонбаяр Батбаяр Ганболд Уянга Номин Анужин Тэмүжин Бямбасүрэн Даваасүрэн"
        " Пүрэвдорж Лхагва Ариунаа Золзаяа Өлзийсайхан Мөнхцэцэг Баярмаа Энхжин Ган-Очир Сүхбат",
    ),
    "vi": style(
        "vi",
        {
            "{family} {middle_w} {woman}": 46,
            "{family} {middle_m} {man}": 46,
            "{family} {middle_w} {woman} {man}": 8,
        },
        family="Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Lê Lê Phạm Huỳnh Hoàng Phan Vũ Võ Đặng Bùi Đỗ Ngô Dương Lý",
        middle_w="Thị Thị Ngọc Thu Kim Bích Thanh",
        middle_m="Văn Văn Đức Minh Hữu Quang Công",
        woman="Lan Hương Mai Hoa Linh Trang Thảo Hạnh Nga Phương Hằng Yến Tuyết Ngân Quỳnh Vy Nhung Hiền",
        man="Hùng Dũng Tuấn Nam Sơn Hải Long Thắng Cường Bình Tùng Khoa Phúc Kiên Huy Tâm Lộc",
    ),
    "th": style(
        "th",
        {"{given} {family}": 97, "{given}": 3},
        given="สมชาย สมศักดิ์ สมหญิง ประเสริฐ วิชัย สุชาติ นภา กัญญา พรทิพย์ ศิริพร อรุณี จันทร์เพ็ญ มาลี"
        " สุดา วันดี รัตนา ปิยะ ธนพล ณัฐพงษ์ กิตติ ชนิดา พิมพ์ชนก ศุภชัย อนันต์ วราภรณ์ นิตยา บุญเลิศ"
        " สายฝน",
        family="ใจดี ศรีสุข แสงทอง ทองดี บุญมี สุขใจ จันทร์แก้ว พงษ์ศรี มั่นคง ศรีวิไล แก้วมณี ชัยวัฒน์"
        " ทรัพย์เจริญ พรหมมา อินทร์แก้ว คำแก้ว สายทอง รุ่งเรือง วงศ์ทอง นาคสุข",
    ),
    "km": style(
        "km",
        {"{family} {given}": 100},
        family="សុខ ចាន់ ហេង គឹម លី សេង មាស ប៉ែន កែវ អ៊ុក",
        given="សុភា ចិន្តា វណ្ណា ដារ៉ា សុជាតា ធីតា វិបុល បូផា រតនា សុវណ្ណ ស្រីមុំ ចន្ថា វិចិត្រ",
    ),
    "lo": style(
        "lo",
        {"{given} {family}": 80, "{given}": 20},
        given="ສົມພອນ ບຸນມີ ຄຳພູ ວັນນາ ສຸກສະຫວັນ ມະນີ ດາລາ ຈັນທາ",
        family="ສີສຸກ ວົງສາ ພົມມະຈັນ ແກ້ວມະນີ ສຸວັນນະສີ ໄຊຍະວົງ ອິນທະວົງ",
    ),
    "my": style(
        "my",
        {"{given}": 70, "{given} {second}": 30},
        given="အေးအေး ခင်မြင့် သန်းသန်း ကျော်ဇော မင်းထွန်း သီတာ ဝင်းနိုင် ဇော်မင်း စုစု နီလာ လှလှ မြမြ ထွန်းထွန်း စန်းစန်း",
        second="အောင် ဝင်း ထွန်း မြင့် လွင် ဦး မော်",
    ),
    "id": style(
        "id",
        {"{one}": 30, "{given} {second}": 60, "{given} {given} {second}": 10},
        one="Sukarti Slamet Suparman Hartini Sutrisno Suyanti Mulyadi Sumarni Ningsih Supriyadi Wagiman Tukinem",
        given="Siti Dewi Rina Agus Budi Andi Rini Putri Dian Eko Dwi Tri Ayu Yuni Fitri Bambang Hendra"
        " Rizky Indah Ratna Wayan Made Ketut Nyoman",
        second="Lestari Wulandari Santoso Setiawan Wijaya Kusuma Pratama Saputra Hidayat Rahayu Susanti"
        " Purnomo Nugroho Hartono Siregar Nasution Simanjuntak Permata Utami Astuti Handayani",
    ),
    "ms": style(
        "ms",
        {"{woman} binti {man}": 40, "{man} bin {man}": 40, "{woman} {second} binti {man}": 20},
        woman="Nur_Aisyah Siti Farah Nurul Aminah Zainab Noraini Rohana Hafizah Salmah",
        second="Huda Izzati Syafiqah Aini",
        man="Ahmad Ismail Abdullah Hassan Razak Yusof Osman Zulkifli Kamal Rahim Harun Idris",
    ),
    "fil": style(
        "fil",
        {"{woman} {family}": 45, "{man} {family}": 45, "{woman} {family}-{family}": 10},
        woman="Maria_Cristina Jennifer Rosalie Marites Lourdes Angelica Rowena Analyn Josefina Imelda_Rose",
        man="Jose_Ramon Rodel Jayson Arnel Reynaldo Mark_Anthony Danilo Ronaldo_Luis Ernesto Joel",
        family="Santos Reyes dela_Cruz Mendoza Bautista Ocampo Villanueva Ramos Castillo Domingo Mercado"
        " Salazar Pascual Dimaculangan Macaraeg Magbanua de_los_Santos",
    ),
    "fj": style(
        "en",
        GIVEN_FAMILY,
        woman="Mere Ana Litia Salote Vani Asenaca",
        man="Josefa Epeli Semi Ratu_Jone Waisale Tomasi",
        family="Naivalu Vakaloloma Tuilagi Waqa Rokotuivuna Cakau",
    ),
}
