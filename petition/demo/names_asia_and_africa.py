"""Names of South, Central and West Asia, the Caucasus and Africa, invented like the others."""

from petition.demo.style import GIVEN_FAMILY, style

STYLES = {
    "hi": style(
        "hi",
        {"{woman} {family}": 42, "{man} {family}": 38, "{man} कुमार {family}": 12, "{woman}": 4, "{man}": 4},
        woman="सुनीता अनीता पूजा प्रिया कविता सीमा मीना रेखा आशा उषा गीता नेहा अंजलि दीपा शांति कमला लक्ष्मी राधा ज्योति किरण",
        man="राजेश सुरेश रमेश अमित संजय विजय अनिल सुनील मनोज दीपक अजय अशोक विनोद महेश प्रकाश रवि गोपाल मोहन हरीश",
        family="शर्मा सिंह गुप्ता वर्मा यादव मिश्रा पांडे जोशी चौधरी राव पटेल नायर अग्रवाल त्रिपाठी तिवारी दास मेहता सक्सेना भट्ट",
    ),
    "in_latn": style(
        "en",
        {"{woman} {family}": 42, "{man} {family}": 42, "{initial} {man}": 12, "{woman}": 4},
        woman="Priya Anjali Kavita Sunita Lakshmi Deepa Meera Divya Shalini Nandini",
        man="Rajesh Suresh Arun Vijay Anand Karthik Sanjay Ramesh Prakash Harish",
        family="Sharma Iyer Nair Menon Gupta Reddy Rao Patel Banerjee Mukherjee Fernandes D'Souza Pillai Joshi",
        initial="K. S. R. P. M. V. N. T.",
    ),
    "ne": style(
        "ne",
        {
            "{woman} {family}": 35,
            "{man} {family}": 35,
            "{man} बहादुर {family}": 15,
            "{woman} कुमारी {family}": 15,
        },
        woman="सीता सरिता विमला सुनिता मञ्जु कमला रीता पार्वती",
        man="राम हरि कृष्ण सुरेश दीपक गणेश प्रकाश विष्णु",
        family="श्रेष्ठ तामाङ गुरुङ राई थापा अधिकारी पौडेल कार्की महर्जन लामा शेर्पा भट्टराई खड्का",
    ),
    "bn": style(
        "bn",
        {"{woman} {family_w}": 50, "{man} {family}": 40, "মোহাম্মদ {man} {family}": 10},
        woman="রহিমা ফাতেমা নাসরিন শারমিন রুমা সালমা তানিয়া মৌসুমী",
        man="রফিক করিম কামাল জামাল শফিক আনোয়ার মাহবুব সুমন",
        family="ইসলাম রহমান হোসেন আহমেদ চৌধুরী সরকার দাস উদ্দিন",
        family_w="খাতুন বেগম আক্তার সুলতানা ইসলাম দাস",
    ),
    "ta": style(
        "ta",
        {"{initial} {given}": 60, "{given}": 40},
        initial="க. ம. சு. வே. ந. ப. இரா.",
        given="முருகன் செல்வி கமலா ராஜன் குமார் லட்சுமி மீனா சுந்தரம் கண்ணன் வள்ளி அருண் பிரியா",
    ),
    "si": style(
        "si",
        {"{given} {family}": 100},
        given="නිමල් සුනිල් කමල් අමර නිලන්ති කුමාරි සමන් රුවන් අනුලා මාලනී දිල්හානි",
        family="පෙරේරා සිල්වා කුමාර බණ්ඩාර රත්නායක ජයසූරිය විජේසිංහ දිසානායක ගුණවර්ධන හේරත්",
    ),
    "ur": style(
        "ur",
        {"{woman} {family}": 45, "{man} {family}": 35, "محمد {man} {family}": 20},
        woman="عائشہ فاطمہ زینب ثناء صائمہ نادیہ رابعہ",
        man="احمد علی حسن بلال عثمان فیصل",
        family="خان ملک چوہدری شاہ قریشی بٹ رانا صدیقی راجپوت مرزا اعوان",
    ),
    "fa": style(
        "fa",
        GIVEN_FAMILY,
        woman="زهرا فاطمه مریم لیلا نرگس شیرین مینا پریسا سارا الهام",
        man="محمد علی رضا حسین مهدی امیر حمید سعید بهرام کامران",
        family="محمدی حسینی کریمی رضایی جعفری صادقی رحیمی نوری قاسمی اکبری کاظمی مرادی",
    ),
    "ar": style(
        "ar",
        {
            "{woman} {family}": 30,
            "{man} {family}": 30,
            "{woman} {man} {family}": 14,
            "{man} {man} {family}": 14,
            "{woman} {man} {man} {family}": 6,
            "{man} {man} {man} {family}": 6,
        },
        woman="فاطمة عائشة مريم نور سارة ليلى هدى منى سلمى رنا دينا ياسمين آمنة زينب خديجة أسماء إيمان"
        " سعاد نادية رانيا",
        man="محمد أحمد علي حسن محمود خالد عمر يوسف إبراهيم مصطفى عبد_الله عبد_الرحمن طارق سامي كريم ماجد"
        " وليد حسام فادي زياد",
        family="المصري حسن إبراهيم الشامي الحداد النجار الخطيب سليمان منصور العلي الخوري عبد_الرحيم الصباغ"
        " القاسم السيد شاهين درويش العطار بدوي الحسيني الفاسي العمراني التونسي",
    ),
    "he": style(
        "he",
        {"{woman} {family}": 48, "{man} {family}": 48, "{woman} {family}-{family}": 4},
        woman="נועה שירה תמר מאיה יעל מיכל רחל שרה רבקה אסתר דינה ענת רות",
        man="דוד משה יוסף אברהם יעקב יצחק דניאל איתן אורי עומר יונתן אריה גיל",
        family="כהן כהן לוי מזרחי פרץ ביטון דהן פרידמן מלכה אזולאי כץ עמר אוחנה חדד גבאי בן־דוד שפירא רוזן",
    ),
    "hy": style(
        "hy",
        GIVEN_FAMILY,
        woman="Անի Մարիամ Նարե Լիլիթ Գայանե Աննա Հասմիկ Կարինե",
        man="Արամ Տիգրան Դավիթ Նարեկ Հայկ Արմեն Գոռ Վարդան",
        family="Հարությունյան Հակոբյան Գրիգորյան Խաչատրյան Հովհաննիսյան Մկրտչյան Կարապետյան Ավետիսյան",
    ),
    "ka": style(
        "ka",
        GIVEN_FAMILY,
        woman="ნინო მარიამ თამარ ანა ნათია ეკა ქეთევან სალომე ლელა",
        man="გიორგი დავით ლევან ზურაბ ნიკა ლუკა თორნიკე ვახტანგ",
        family="ბერიძე კაპანაძე გელაშვილი მაისურაძე გიორგაძე ლომიძე წიკლაური ბოლქვაძე ხუციშვილი ნოზაძე"
        " ქავთარაძე მჭედლიშვილი ბურდული",
    ),
    "tr": style(
        "tr",
        {
            "{woman} {family}": 44,
            "{man} {family}": 44,
            "{woman} {family} {family}": 6,
            "{man} {man} {family}": 6,
        },
        woman="Ayşe Fatma Emine Zeynep Elif Merve Özlem Gülşen Şule Çiğdem İrem Işıl",
        man="Mehmet Mustafa Ahmet Hüseyin Hasan İbrahim Murat Ömer Yusuf Oğuz Barış",
        family="Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç"
        " Çetin Koç Kurt Özkan Şimşek",
    ),
    "kk": style(
        "kk",
        {"{woman} {family}а": 50, "{man} {family}": 50},
        woman="Айгүл Әсел Динара Гүлнар Жанар Сәуле Айнұр",
        man="Нұрлан Ерлан Асқар Бауыржан Данияр Қайрат Серік",
        family="Нұрланов Әлиев Қасымов Ахметов Оспанов Жұмабаев Сейтқалиев",
    ),
    "ky": style(
        "ky",
        {
            "{woman} {family}а": 40,
            "{man} {family}": 30,
            "{man} {father} уулу": 15,
            "{woman} {father} кызы": 15,
        },
        woman="Айгүл Нургүл Бермет Чолпон Жылдыз Бүбүсара",
        man="Азамат Бакыт Нурбек Улан Эрмек",
        father="Асан Токтогул Мамыт Жумабек",
        family="Асанов Токтогулов Мамытов Жумабеков Осмонов",
    ),
    "uz": style(
        "uz",
        {"{woman} {family}a": 50, "{man} {family}": 50},
        woman="Gulnora Dilnoza Nodira Shahlo Zulfiya Oʻgʻiloy",
        man="Jasur Otabek Sherzod Bobur Ulugʻbek Aziz",
        family="Rahimov Yusupov Toʻrayev Gʻulomov Ismoilov Qodirov",
    ),
    "am": style(
        "am",
        {"{woman} {man}": 40, "{man} {man}": 40, "{woman} {man} {man}": 20},
        woman="አልማዝ ፀሐይ ሰላም ሕይወት ማርታ ሄለን ሜሮን ሩት ትዕግሥት",
        man="አበበ ከበደ ተስፋዬ ሀይሉ ግርማ ዳዊት ዮሐንስ ሰለሞን ብርሃኑ ታደሰ መኮንን ዓለሙ ወልደማርያም",
    ),
    "sw": style(
        "sw",
        {"{woman} {family}": 45, "{man} {family}": 45, "{woman} {family} {family}": 10},
        woman="Wanjiku Achieng Neema Zawadi Amina Grace Nakato Rehema Akinyi Mercy",
        man="Kamau Otieno Juma Baraka Mwangi Okello Hamisi Peter Kiprono Mukasa",
        family="Mwangi Odhiambo Ochieng Njoroge Wambui Mushi Mwakasege Ssemakula Kiptoo Ng'ang'a Nyong'o Mollel",
    ),
    "rw": style(
        "rw",
        {"{family} {given}": 100},
        given="Claudine Jean_Bosco Aline Emmanuel Diane Eric",
        family="Uwimana Mukamana Habimana Niyonzima Ingabire Nsengiyumva",
    ),
    "ng": style(
        "en",
        {"{given} {family}": 80, "{given} {given} {family}": 20},
        given="Ngozi Chidi Adaeze Emeka Folake Babajide Ifeoma Olumide Zainab Ọlá Ṣadé Uche",
        family="Okafor Adeyemi Eze Okonkwo Balogun Nwosu Adébáyọ̀ Bello Ogunleye Chukwu",
    ),
    "gh": style(
        "en",
        {"{given} {family}": 70, "{given} {given} {family}": 30},
        given="Kwame Akosua Kofi Ama Yaw Abena Kwabena Efua Kojo Adwoa",
        family="Mensah Owusu Boateng Osei Asante Appiah Agyeman Ofori-Atta Amoah",
    ),
    "sn": style(
        "fr",
        GIVEN_FAMILY,
        woman="Aïssatou Fatou Mariama Awa Ndèye_Coumba Khady",
        man="Mamadou Ousmane Ibrahima Cheikh Moussa Abdoulaye",
        family="Diop Ndiaye Fall Sow Diallo Gueye N'Diaye Sarr Cissé",
    ),
    "cm": style(
        "fr",
        {"{given} {family}": 60, "{family} {given}": 40},
        given="Chantal Jean-Pierre Solange Emmanuel Brigitte Célestin",
        family="Mbarga Nkeng Tchoumi Fotso Ngo_Bassong Essomba Kamga",
    ),
    "za": style(
        "en",
        GIVEN_FAMILY,
        woman="Thandiwe Nomvula Lerato Annelie Zanele Marietjie Naledi",
        man="Sipho Thabo Pieter Bongani Johan Mandla Kagiso",
        family="Dlamini Nkosi van_der_Merwe Botha Mokoena Khumalo Naidoo Pretorius Molefe du_Plessis",
    ),
}
